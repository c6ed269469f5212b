/** Asks for the operator's token when a request was refused for want of it. */
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { useStore } from "@/lib/store";
import { answerTokenRequest, tokenRequest } from "@/lib/token";

export function TokenDialog() {
  const asked = useStore(tokenRequest);
  return (
    <Dialog
      open={asked !== null}
      onClose={() => answerTokenRequest(null)}
      title="Token of the operator"
      description={
        asked?.for === "write"
          ? "Everybody may read here. To change something, the operator asks for its token."
          : "The operator shows nothing without its token."
      }
    >
      <TokenForm wasRefused={asked?.wasRefused ?? false} />
    </Dialog>
  );
}

function TokenForm({ wasRefused }: { wasRefused: boolean }) {
  const [given, setGiven] = useState("");
  return (
    <form
      className="flex flex-col gap-4 p-5"
      onSubmit={(event) => {
        event.preventDefault();
        answerTokenRequest(given.trim());
      }}
    >
      <TextField
        label="Token"
        data-autofocus
        type="password"
        autoComplete="off"
        value={given}
        onChange={(event) => setGiven(event.target.value)}
        error={wasRefused ? "The operator has refused the last token." : undefined}
        hint="What is in the file --api-token-file. It is kept until you close this tab."
      />
      <div className="flex justify-end gap-2">
        <Button onClick={() => answerTokenRequest(null)}>Not now</Button>
        <Button type="submit" look="primary" disabled={given.trim() === ""}>
          Use it
        </Button>
      </div>
    </form>
  );
}
