"""Uploading and rich text at the desk: ``/desk/files…`` and ``/desk/richtext/clean``.

Owns the way of an upload: size, scan, keep. The scan comes before anything is written and its verdict is kept with the request, so a retry of
the transaction does not ask again. Scripts get JSON with a ``message`` for people; without script a form does the same.
"""
from __future__ import annotations

import hashlib
from itertools import islice
from typing import Any, BinaryIO

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..base import blobs
from ..content import files
from ..content.blocks import plain
from ..content.kinds import kind_of
from ..content.model import path_of
from ..content.richtext import TooLong, read, to_html, to_markup
from ..outside.scanner import INFECTED, Verdict, scanner_of
from ..web.files import desk_path, file_response
from ..web.modes import posted
from ..workflow.reasons import Refused
from .permissions import allowed
from .shell import audit_note, desk_page, see_other

SCANS = "govportal.scans"           # in the environ, which all attempts of a request share: digest -> Verdict
MARGIN = 1 << 20                     # what a form weighs beside its file
SHOWN = 50
LOOKED = 5000              # newest files whose names are looked through
MANY = 100                 # uses that are counted exactly


class UploadRefused(Exception):
    """Nothing was kept; says why and what to do."""


def scan_once(request: Any, stream: BinaryIO) -> Verdict:
    """The scanner's verdict on a file, asked once a request. The stream is left at its start."""
    digest = hashlib.sha256()
    stream.seek(0)
    while chunk := stream.read(blobs.CHUNK):
        digest.update(chunk)
    kept: dict[str, Verdict] = request.environ.setdefault(SCANS, {})
    key = digest.hexdigest()
    if key not in kept:
        stream.seek(0)
        kept[key] = request.registry.scanner.scan(stream)
    stream.seek(0)
    return kept[key]


def posted_file(request: Any, field: str = "file", most: int = blobs.LIMIT) -> tuple[BinaryIO, str, Verdict]:
    """(stream at its start, name, verdict of the scan) of the posted file of at most ``most`` bytes. UploadRefused when there is none or it is too large.

    An infected file is audited; whether it is taken is the caller's to decide."""
    if (request.content_length or 0) > most + MARGIN:
        raise UploadRefused(f"文件超过 {most >> 20} MB，没有上传。请压缩或分开上传")
    try:
        given = request.POST.get(field)
    except (ValueError, LookupError, TypeError, AttributeError, OSError, DeprecationWarning):
        given = None
    stream, name = getattr(given, "file", None), getattr(given, "filename", "") or ""
    if stream is None or not name:
        raise UploadRefused("没有收到文件，请先选一个文件再上传")
    verdict = scan_once(request, stream)
    if verdict.state == INFECTED:
        audit_note(request, "file.infected", outcome="refused", reason=f"{verdict.name} {files.shown_name(name)}"[:200])
    return stream, name, verdict


def take_upload(request: Any, field: str = "file") -> files.FileRecord:
    """Keep the posted file in the library. UploadRefused when there is none, it is too large, of no allowed kind, or infected."""
    stream, name, verdict = posted_file(request, field)
    try:
        return files.add(request.site, stream, name, verdict=verdict, actor=request.actor.id)
    except blobs.BlobRefused as refused:
        raise UploadRefused(str(refused)) from None
    except Refused as refused:
        raise UploadRefused("；".join(reason.message for reason in refused.reasons)) from None


def answer(status: int = 200, **values: Any) -> Response:
    return Response(json_body=values, status=status)


def upload_post(context: Any, request: Any) -> Response:
    """Take a file for a script: ``{ref, id, name, words, scan, image, address}``, or 422 with a ``message``."""
    try:
        record = take_upload(request)
    except UploadRefused as refused:
        return answer(422, message=str(refused))
    return answer(ref=record.ref, id=record.uid, name=record.name, words=record.words, scan=record.scan_words, notes=list(record.notes), image=record.is_image,
                  address=desk_path(record))


def clean_post(context: Any, request: Any) -> Response:
    """Rich text for the editor: ``text`` (what the field holds, or pasted HTML after its mark) → HTML, markup and remarks."""
    try:
        made = read(posted(request, "text"))
    except TooLong as refused:
        return answer(422, message=str(refused))
    return answer(html=to_html(made.blocks), text=to_markup(made.blocks), words=len(plain(made.blocks)), remarks=list(made.remarks))


def may_see(request: Any, record: files.FileRecord) -> bool:
    """Whether the person brought the file, sees everything, or may view a document that refers to it (in any edition); or it is public."""
    if request.actor.id in (record.by, *record.also) or request.actor.holds_any("site", "auditor"):
        return True
    documents = (request.site.document(uid) for uid in record.users)
    return any(document is not None and allowed(request.actor, "content.view", document) for document in documents) or files.is_public(request.site, record)


def file_view(context: Any, request: Any) -> Any:
    """A file as staff see it, public or not. 404 also for one that the person may not see."""
    record = files.find(request.site, request.matchdict["id"])
    if record is None or not may_see(request, record):
        raise HTTPNotFound()
    return file_response(request, record, public=False)


def files_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    """The newest files that the person may see, or those whose name holds ``q``, the documents one may view that use them, and the form to bring one; ``id`` shows one alone."""
    library, wanted, words = request.site.files, request.query("id"), request.query("q").lower()
    if wanted or library is None:
        found = [record] if wanted and (record := files.find(request.site, wanted)) is not None and may_see(request, record) else []
    else:
        found = list(islice((record for record in library.newest(LOOKED) if words in record.name.lower() and may_see(request, record)), SHOWN))
    sees_all = request.actor.holds_any("site", "auditor")
    rows = [{"record": record, "who": _name_of(request, record.by), "address": desk_path(record), "used": len(users),
             "users": [(path_of(document), live) for document, live in users if sees_all or allowed(request.actor, "content.view", document) or (live and not kind_of(document.kind).internal)][:5]} for record in found for users in [list(islice(files.used_by(request.site, record), MANY))]]
    return desk_page(request, "desk/files.pt", "文件", nav="shared", status=422 if errors else 200, errors=errors, rows=rows, wanted=wanted, words=request.query("q"), many=MANY, most=blobs.LIMIT >> 20,
                     may_add=request.actor.holds_any("editor", "directory"), total=len(library) if library is not None else 0)


def _name_of(request: Any, uid: str) -> str:
    staff = request.people.staff(uid)
    return staff.name if staff is not None else "系统"


def files_post(context: Any, request: Any) -> Any:
    """The same upload without script."""
    try:
        record = take_upload(request)
    except UploadRefused as refused:
        return files_view(context, request, errors=[("file", str(refused))])
    return see_other(request, f"/desk/files?id={record.uid}", f"已上传“{record.name}”（{record.words}，{record.scan_words}）。在表单里填 {record.ref} 就能用它")


def includeme(config: Any) -> None:
    config.registry.scanner = scanner_of(config.registry.portal_settings.clamd)
    config.add_desk_page(None, name="richtext-clean", path="/desk/richtext/clean", permission="content.edit", post=clean_post)
    config.add_desk_page(None, name="file-upload", path="/desk/files/upload", permission="content.edit", post=upload_post)
    config.add_desk_page(files_view, name="files", path="/desk/files", permission="content.view", params=("id", "q"), post=files_post, post_permission="content.edit")
    config.add_desk_page(file_view, name="file", path="/desk/files/{id}", permission="content.view")
