// Passkeys: asks the browser for one that the server described, and brings the answer back. Where a browser knows none, the
// forms stay hidden and a sentence says so; the password is always there.
(() => {
  "use strict";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  async function sent(address, body) {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body ?? {}),
    });
    const said = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(said.title), { told: [said.title, said.hint].filter(Boolean).join(". ") });
    return said;
  }

  async function made(options) {
    const publicKey = { ...options, challenge: bytes(options.challenge), excludeCredentials: known(options.excludeCredentials) };
    publicKey.user = { ...options.user, id: bytes(options.user.id) };
    const { id, rawId, type, response } = await navigator.credentials.create({ publicKey });
    const { clientDataJSON, attestationObject } = response;
    const answer = { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) };
    return { id, type, rawId: text(rawId), response: answer };
  }

  async function shown(options) {
    const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };
    const { id, rawId, type, response } = await navigator.credentials.get({ publicKey });
    const answer = {};
    for (const part of ["clientDataJSON", "authenticatorData", "signature", "userHandle"]) {
      if (response[part]) answer[part] = text(response[part]);
    }
    return { id, type, rawId: text(rawId), response: answer };
  }

  const steps = {
    add: { address: "/account/passkeys", ask: made, body: (form) => ({ name: form.elements.passkey.value }) },
    enter: { address: "/sign-in/passkey", ask: shown, body: (form) => ({ next: form.dataset.next }) },
  };

  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    const step = steps[form.dataset.passkey], status = form.querySelector("[role=status]");
    if (!window.PublicKeyCredential) {
      form.parentElement.querySelector("[data-passkey-none]")?.removeAttribute("hidden");
      return;
    }
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      status.textContent = form.dataset.waiting;
      try {
        const credential = await step.ask(await sent(`${step.address}/options`));
        location.assign((await sent(step.address, { ...step.body(form), credential })).to);
      } catch (error) {
        status.textContent = error.told ?? (error.name === "InvalidStateError" ? form.dataset.known : form.dataset.stopped);
        button.disabled = false;
      }
    });
  });
})();
