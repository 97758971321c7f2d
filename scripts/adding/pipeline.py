"""What the process in the sandbox does: from the user's file to the files for serving."""

from scripts.adding import choose, cost, describe, examples, keras_models, original, safety, samples
from scripts.adding.job import Job
from scripts.adding.package import write_package
from scripts.adding.sandbox.process import Tell
from scripts.adding.sources import identify


def add(job: Job, tell: Tell) -> None:
    """Load, compile, compare and describe the model; write ``job.package``.

    Raises :class:`scripts.adding.sources.SourceError` for a model that cannot be added.
    """
    source = identify(job.model)
    safety.refuse_hostile(source)
    tell("step", f"it is {source}; loading it")
    objects = keras_models.import_objects(job.custom_objects)
    if not job.allow_code:
        safety.refuse_code(source, allowed=set(objects))
    model = original.open_original(source, job.work, objects, allow_code=job.allow_code)
    for signature, reason in model.skipped.items():
        tell("note", f"signature {signature} is left out: {reason}")
    tell("step", "asking it for answers to compare with")
    calls = samples.sample(model, job.examples)
    outputs = calls[model.default_signature][0].outputs
    labels = examples.read_labels(job.labels, outputs) if job.labels else []
    tell("step", "compiling it to LiteRT and comparing")
    choice = choose.choose_engine(model, calls, job.engine, job.work)
    tell("step", "measuring what a request costs")
    limits = cost.measure_limits(choice.loaded, model.signatures, calls, cost.Budget(job.seconds))
    provenance = describe.provenance_of(source, choice, limits)
    metadata = describe.describe(job.name, job.previous, model, choice, limits, labels, provenance)
    card = describe.new_card(source, metadata)
    write_package(job.package, describe.pack(choice, calls, metadata, card))
