"""A model and its optimiser as safetensors, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safetensors.torch import load, save

from tuili.errors import ResumeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """A copy, on the processor, of everything that training changes. Frozen parameters stay in their base."""
    frozen = _frozen(model)
    return {
        name: tensor.detach().to("cpu", copy=True).contiguous()
        for name, tensor in model.state_dict().items()
        if name not in frozen
    }


def put_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Set what `weights_of` copied.

    Raises:
        ResumeError: They are those of another model.
    """
    wanted = {name: tensor.shape for name, tensor in model.state_dict().items() if name not in _frozen(model)}
    if wanted != {name: tensor.shape for name, tensor in weights.items()}:
        raise ResumeError("the checkpoint holds the weights of another model; name another output directory")
    model.load_state_dict(dict(weights), strict=False)


def optimiser_state(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Each parameter's running means and step, as `exp_avg.NAME`."""
    tensors = {}
    for name, parameter in model.named_parameters():
        for key, value in optimiser.state.get(parameter, {}).items():
            tensors[f"{key}.{name}"] = value.detach().to("cpu", copy=True).contiguous()
    return tensors


def put_optimiser_state(model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Set what `optimiser_state` copied."""
    by_name: dict[str, dict[str, Tensor]] = {}
    for full, tensor in tensors.items():
        key, _, name = full.partition(".")
        by_name.setdefault(name, {})[key] = tensor
    for name, parameter in model.named_parameters():
        if name in by_name:
            # the step stays on the processor, where the optimiser expects it unless it is fused
            optimiser.state[parameter] = {
                key: tensor if key == "step" else tensor.to(parameter.device) for key, tensor in by_name[name].items()
            }


def to_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    return bytes(save(dict(tensors)))


def from_bytes(content: bytes) -> dict[str, Tensor]:
    tensors: dict[str, Any] = load(content)
    return tensors


def _frozen(model: nn.Module) -> set[str]:
    return {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
