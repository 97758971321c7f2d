"""A CycloneDX document of an image, by CycloneDX's own library."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseRepository
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from scripts.supply.image import MODEL, Image
from scripts.supply.packages import Package, debian_packages, debian_release, python_packages

_licences = LicenseFactory()


def document(image: Image) -> str:
    """The document as JSON. One image always gives the same document."""
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, image.digest))
    bom.metadata.timestamp = datetime.fromisoformat(image.created)
    root = bom.metadata.component = _image(image)
    components = [*_python(image), *_debian(image), *_models(image)]
    for component in components:
        bom.components.add(component)
    bom.register_dependency(root, components)
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"the document does not fit the schema of CycloneDX 1.6: {error!r}")
    return text


def _image(image: Image) -> Component:
    return Component(
        type=ComponentType.CONTAINER,
        name=image.name.partition(":")[0],
        version=image.labels.get("org.opencontainers.image.revision"),
        bom_ref=f"sha256:{image.digest}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=image.digest)],
        licenses=_licensed((), image.labels.get("org.opencontainers.image.licenses", "")),
        properties=[Property(name="architecture", value=image.architecture)],
    )


def _python(image: Image) -> Iterator[Component]:
    for package in python_packages(image.files):
        url = PackageURL("pypi", None, package.name, package.version)
        yield _library(package, url)


def _debian(image: Image) -> Iterator[Component]:
    distribution = f"debian-{debian_release(image.files)}"
    for package in debian_packages(image.files):
        qualifiers = {"arch": package.architecture, "distro": distribution}
        url = PackageURL("deb", "debian", package.name, package.version, qualifiers)
        component = _library(package, url)
        for name, value in zip(("name", "version"), package.source, strict=True):
            component.properties.add(Property(name=f"debian:source:{name}", value=value))
        yield component


def _library(package: Package, url: PackageURL) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        purl=url,
        bom_ref=url.to_string(),
        licenses=_licensed(package.licences, package.expression),
    )


def _models(image: Image) -> Iterator[Component]:
    for path, text in sorted(image.files.items()):
        if MODEL.fullmatch(path):
            metadata = json.loads(text)
            served = (metadata.get("provenance") or {}).get("served")
            yield Component(
                type=ComponentType.MACHINE_LEARNING_MODEL,
                name=metadata["name"],
                version=str(metadata["version"]),
                bom_ref=f"model:{metadata['name']}",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=served["sha256"])]
                if served
                else [],
            )


def _licensed(names: tuple[str, ...], expression: str) -> LicenseRepository:
    """Licences as a package states them: an expression of SPDX, or names."""
    if expression:
        return LicenseRepository([_licences.make_from_string(expression)])
    return LicenseRepository([_licences.make_with_name(name) for name in names])
