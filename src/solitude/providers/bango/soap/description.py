"""Messages to and from Bango, made and read by their WSDL: our own beside this package, or Bango's in a folder.

zeep does it, and nothing more: its transport reads files, and sends nothing. zeep and lxml are imported with the first message, because
only Bango needs them.
"""

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from solitude.outbound.xml import local
from solitude.providers.bango.soap import values
from solitude.providers.bango.soap.operations import IMPORTED, OPERATIONS

OURS = Path(__file__).parents[1] / "wsdl"
_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


class NotConfigured(Exception):
    """Bango cannot be asked as this server is set up; the text tells operators why."""


class NotUnderstood(ValueError):
    """A message does not say what its description has; the text is a word for the log, and holds nothing of the message."""


class _Files:
    """What zeep takes for a transport: loads the files of one folder, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, url: str) -> bytes:
        parts = urlsplit(url)
        place = f"{parts.path}?{parts.query}"
        name = IMPORTED.get(place) if parts.scheme in ("http", "https") else Path(parts.path).name
        if name is None:
            raise NotConfigured(f"a WSDL file imports {parts.hostname}{parts.path}, which is nowhere fetched")
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            raise NotConfigured(f"there is no file {name} in the folder of the WSDL files") from None


class Description:
    """The operations as the WSDL files of one folder have them. Made once, used by all threads."""

    def __init__(self, folder: Path) -> None:
        self._files = _Files(folder)
        self._zeep = _zeep()
        self._settings = self._zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True)
        self._documents: dict[str, Any] = {}
        self._bindings = {name: self._binding(folder, name) for name in OPERATIONS}

    def action(self, operation: str) -> str:
        """Its SOAPAction, as the file has it."""
        return str(self._bindings[operation].get(operation).soapaction)

    def write(self, operation: str, fields: Mapping[str, Any]) -> bytes:
        """The envelope that asks for it. `fields` by Bango's names; a name that the operation has not is a TypeError."""
        asked = values.written(fields)
        body = asked if OPERATIONS[operation].is_token_checker else {"request": asked}
        envelope = self._bindings[operation].get(operation).create(**body).content
        return bytes(self._etree.tostring(envelope, encoding="utf-8", xml_declaration=True))

    def read(self, operation: str, envelope: bytes) -> dict[str, Any]:
        """What an answer says, by Bango's names; what it says not is None. Raises NotUnderstood.

        What Bango adds one day to the end of an answer is passed over, as its own clients do.
        """
        try:
            return self._read(operation, envelope)
        except NotUnderstood:
            raise
        except Exception:  # noqa: BLE001 - whatever zeep makes of a message that it did not expect, it is not understood
            raise NotUnderstood("not_described") from None

    def _read(self, operation: str, envelope: bytes) -> dict[str, Any]:
        with self._settings(forbid_external=True):
            root = self._zeep.loader.parse_xml(envelope, self._files, settings=self._settings)
        expected = self._bindings[operation].get(operation).output.body
        told = _only(root, expected.qname.text)
        with self._settings(strict=False):
            wrapped = expected.parse(told, self._documents[OPERATIONS[operation].wsdl].types)
        result = getattr(wrapped, f"{operation}Result")
        if result is None:
            raise NotUnderstood("no_result")
        return _told(result)

    @property
    def _etree(self) -> Any:
        return self._zeep.loader.etree

    def _binding(self, folder: Path, operation: str) -> Any:
        name = OPERATIONS[operation].wsdl
        document = self._documents.get(name)
        if document is None:
            try:
                document = self._zeep.wsdl.Document(str(folder / name), self._files, settings=self._settings)
            except (self._zeep.exceptions.Error, self._etree.LxmlError, ValueError, KeyError, IndexError) as error:
                raise NotConfigured(f"{name} is no WSDL file that can be used: {type(error).__name__}") from None
            self._documents[name] = document
        soap11 = self._zeep.wsdl.bindings.Soap11Binding
        for binding in document.bindings.values():
            if isinstance(binding, soap11) and operation in binding.all():
                return binding
        raise NotConfigured(f"{name} has no operation {operation} with SOAP 1.1")


_loaded: dict[Path, Description] = {}
_loading = threading.Lock()


def description(folder: Path | None) -> Description:
    """By the files in this folder, else by ours. Raises NotConfigured."""
    place = folder or OURS
    with _loading:
        if place not in _loaded:
            _loaded[place] = Description(place)
        return _loaded[place]


def _zeep() -> ModuleType:
    try:
        import zeep
        import zeep.exceptions
        import zeep.loader
        import zeep.wsdl
        import zeep.wsdl.bindings
    except ImportError:
        raise NotConfigured("Bango needs zeep: install what requirements/providers.txt lists") from None
    # It logs values that it cannot read, and they are Bango's answers.
    logging.getLogger("zeep").setLevel(logging.CRITICAL + 1)
    return zeep


def _only(root: Any, expected: str) -> Any:
    """The one element of the envelope's body. Raises NotUnderstood if it is another one than was expected."""
    bodies = root.findall(f"{{{_ENVELOPE}}}Body") if root.tag == f"{{{_ENVELOPE}}}Envelope" else []
    inner = [one for body in bodies for one in body]
    if len(bodies) != 1 or len(inner) != 1 or inner[0].tag != expected:
        raise NotUnderstood("another_message")
    return inner[0]


def _told(result: Any) -> dict[str, Any]:
    """The values of a result. Raises NotUnderstood if what it must have is missing and it says that all is well."""
    elements = dict(result._xsd_type.elements)
    # What zeep could not place: unknown, or known and in the wrong place.
    if any(local(str(one.tag)) in elements for one in getattr(result, "_raw_elements", None) or ()):
        raise NotUnderstood("out_of_order")
    try:
        told = {name: values.read(getattr(result, name)) for name in elements}
    except (ValueError, OverflowError):
        raise NotUnderstood("not_a_value") from None
    is_ok = "OK" in (told.get("responseCode"), told.get("ResponseCode"))
    missing = [name for name, one in elements.items() if one.min_occurs and getattr(result, name) is None]
    if is_ok and missing:
        raise NotUnderstood("incomplete")
    return told
