/** A new analyser: the fields one must think about. All others have defaults, and stand in its object. */
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Refused } from "@/components/ui/feedback";
import { TextField } from "@/components/ui/field";
import { useCreate } from "@/features/analysers/writes";
import { ApiError } from "@/lib/api";

export function AddDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Add an analyser"
      description="It becomes an object of the kind Analyser."
    >
      <AddForm onDone={onClose} />
    </Dialog>
  );
}

function AddForm({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [endpoint, setEndpoint] = useState("http://");
  const [weight, setWeight] = useState("1");
  const creation = useCreate(onDone);
  const { error } = creation;
  const faults = error instanceof ApiError ? error.faults : [];
  const fault = (field: string) => faults.find((each) => each.field === field)?.message;
  const isPlaced = faults.length > 0 && faults.every(({ field }) => ["spec.endpoint", "spec.weight"].includes(field));
  return (
    <form
      className="flex flex-col gap-4 p-5"
      onSubmit={(event) => {
        event.preventDefault();
        creation.mutate({ name: name.trim(), spec: { endpoint: endpoint.trim(), weight: Number(weight) } });
      }}
    >
      <TextField
        label="Name"
        data-autofocus
        required
        autoComplete="off"
        pattern="[a-z0-9]([\-a-z0-9.]*[a-z0-9])?"
        title="Small letters, digits and hyphens"
        placeholder="errors"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label="Endpoint"
        required
        type="url"
        hint="Where it takes packets. The distributors must reach this address."
        error={fault("spec.endpoint")}
        value={endpoint}
        onChange={(event) => setEndpoint(event.target.value)}
      />
      <TextField
        label="Weight"
        required
        type="number"
        min={0}
        max={1000}
        hint="Its share against the weights of the others. 0 registers it and gives it nothing."
        error={fault("spec.weight")}
        value={weight}
        onChange={(event) => setWeight(event.target.value)}
      />
      <Refused error={isPlaced ? null : error} />
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={creation.isPending}>
          Add
        </Button>
      </div>
    </form>
  );
}
