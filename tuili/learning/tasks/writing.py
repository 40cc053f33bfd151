"""An encoder-decoder's way of reading a source and of writing an answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tuili.perception.characters import share_read
from tuili.reasoning.generative_network import decoder_start
from tuili.reasoning.pair_network import positions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Encoding


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text as tokens, the end's token last, also where it is cut.

    Attributes:
        cut: Whether it is.
        coverage: Share of the text's non-space characters that are left and known.
    """

    ids: list[int]
    cut: bool
    coverage: float


class Writer:
    """A network of transformers that writes, and its tokenizer, which should not be used elsewhere from then on.

    Attributes:
        most: Tokens of a source at most.
        longest: Tokens of what is written at most.
    """

    def __init__(self, network: Any, tokenizer: Any, longest: int) -> None:
        self._network, self._tokenizer = network, tokenizer
        self._backend = tokenizer.backend_tokenizer
        self._backend.no_truncation()
        self._backend.no_padding()
        self._backend.encode_special_tokens = True
        self.most = min(int(tokenizer.model_max_length), positions_of(network))
        self.longest = min(longest, self.most)

    def read(self, texts: Sequence[str], most: int) -> list[ReadText]:
        """At most so many tokens of each."""
        encodings = self._backend.encode_batch(list(texts))
        return [self._read(text, encoding, most) for text, encoding in zip(texts, encodings, strict=True)]

    def _read(self, text: str, encoding: Encoding, most: int) -> ReadText:
        end = self._tokenizer.eos_token_id
        ids = list(encoding.ids)
        if end is not None and ids[-1:] != [end]:
            ids.append(end)
        cut = len(ids) > most
        kept = ids if not cut else [*ids[: most - 1], ids[-1]]
        known = [
            span
            for token, span in zip(encoding.ids[: most - 1 if cut else None], encoding.offsets, strict=False)
            if token != self._tokenizer.unk_token_id
        ]
        starts, ends = np.array(known, np.int32).reshape(-1, 2).T
        return ReadText(kept, cut, share_read(text, starts, ends))

    def write(self, source: Sequence[int]) -> tuple[str, bool]:
        """The most probable token each time, up to the end or `longest`; and whether the end was reached.

        One source at a time: a row's bits never depend on its company.
        """
        device = self._network.device
        ids = torch.tensor([list(source)], device=device)
        mask = torch.ones_like(ids)
        hidden = self._network.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
        said = [decoder_start(self._network, self._tokenizer.pad_token_id)]
        end = self._tokenizer.eos_token_id
        while len(said) <= self.longest and (len(said) == 1 or said[-1] != end):
            out = self._network(
                encoder_outputs=(hidden,),
                attention_mask=mask,
                decoder_input_ids=torch.tensor([said], device=device),
                use_cache=False,
            )
            said.append(int(out.logits[0, -1].argmax()))
        return str(self._tokenizer.decode(said, skip_special_tokens=True)), len(said) > 1 and said[-1] == end
