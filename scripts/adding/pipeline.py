"""What the process in the sandbox does: from the user's file to the files for serving."""

from scripts.adding import choose, cost, describe, examples, original, safety
from scripts.adding.custom_objects import import_objects
from scripts.adding.declaring import declare, proposals
from scripts.adding.job import Job
from scripts.adding.memory import release_memory
from scripts.adding.old_forms import in_present_form
from scripts.adding.package import write_package
from scripts.adding.sampling import random_calls, samples
from scripts.adding.sandbox.process import Tell
from scripts.adding.sources import identify


def add(job: Job, tell: Tell) -> None:
    """Load, compile, compare and describe the model; write ``job.package``.

    Raises :class:`scripts.adding.sources.SourceError` for a model that cannot be added.
    """
    source = identify(job.model)
    safety.refuse_hostile(source)
    tell("step", f"it is {source}; loading it")
    source = in_present_form(source)
    for note in source.notes:
        tell("note", note)
    objects = import_objects(job.custom_objects)
    if not job.allow_code:
        safety.refuse_code(source, allowed=set(objects))
    model = original.open_original(source, job.work, objects, allow_code=job.allow_code)
    for name, reason in model.skipped.items():
        tell("note", f"signature {name} is left out: {reason}")
    signature = model.signatures[model.default_signature]
    inputs = declare.declare_inputs(
        job.given, signature, job.previous, proposals.propose_inputs(signature, model.facts)
    )
    tell("step", "asking it for answers to compare with")
    calls = samples.sample(model, job.examples, inputs.by_tensor)
    for note in random_calls.unproven(calls):
        tell("note", note)
    answers = calls[model.default_signature][0].outputs
    labels = examples.read_labels(job.labels, answers) if job.labels else []
    outputs = declare.declare_outputs(
        job.given,
        signature,
        labels,
        job.previous,
        proposals.propose_outputs(signature, labels, model.facts, answers),
    )
    for sentence in (*inputs.sentences, *outputs.sentences):
        tell("note", sentence)
    model = model.without_answers()
    release_memory()
    tell("step", "compiling it to LiteRT and comparing")
    choice = choose.choose_engine(model, calls, job.engine, job.work)
    if choice.note:
        tell("note", choice.note)
    tell("step", "measuring what a request costs")
    limits = cost.measure_limits(choice.loaded, model.signatures, calls, cost.Budget(job.seconds))
    provenance = describe.provenance_of(source, choice, limits)
    metadata = describe.describe(
        job.name,
        job.previous,
        model,
        choice,
        limits,
        labels,
        inputs.by_tensor,
        outputs.by_tensor,
        provenance,
    )
    card = describe.new_card(source, metadata)
    write_package(job.package, describe.pack(choice, choice.calls, metadata, card))
