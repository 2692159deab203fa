// A real sign-in service (npm oidc-provider, certified by the OpenID Foundation) for the tests, on the loopback.
// One JSON object on the command line says what it is like; it prints {"port": N} when it is up and ends with its standard input.
import { createServer } from "node:http";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // Debian 12's Node has it under another name
const { Provider } = await import("oidc-provider");
const given = JSON.parse(process.argv[2]);
const port = await new Promise((resolve) => {
  const probe = createServer().listen(given.port ?? 0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: given.client,
      client_secret: given.secret,
      redirect_uris: [given.back],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      id_token_signed_response_alg: given.alg ?? "RS256",
    },
  ],
  jwks: { keys: given.keys },
  cookies: { keys: ["only for tests"] },
  conformIdTokenClaims: given.thin ?? false,
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email_verified: true, ...(given.people[id] ?? {}) }),
  }),
  ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Grant: 600, Session: 600 },
});
provider.listen(port, "127.0.0.1", () => console.log(JSON.stringify({ port })));
process.stdin.resume().on("end", () => process.exit(0));
