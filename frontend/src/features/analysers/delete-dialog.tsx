import { Confirm } from "@/components/ui/confirm";
import { useDelete } from "@/features/analysers/writes";
import { fullNameOf } from "@/lib/analysers";
import type { Schemas } from "@/lib/api";
import { formatPercent } from "@/lib/format";

type Props = { analyser: Schemas["Analyser"]; open: boolean; onClose: () => void; onDone?: () => void };

export function DeleteDialog({ analyser, open, onClose, onDone = onClose }: Props) {
  const deletion = useDelete(analyser, onDone);
  return (
    <Confirm
      open={open}
      title={`Delete ${analyser.name}?`}
      action="Delete"
      isBusy={deletion.isPending}
      error={deletion.error}
      onConfirm={() => deletion.mutate()}
      onClose={onClose}
    >
      Its object {fullNameOf(analyser)} is removed from the source. Its share of {formatPercent(analyser.share.wanted)}{" "}
      and what it has not settled go to the others. To stop it for a while, suspend it instead.
    </Confirm>
  );
}
