"use client";

import { FileUp } from "lucide-react";
import { useId, useState } from "react";
import { cn } from "@/lib/cn";
import { guessOf, LOOKED_AT, type Guess } from "../lib/guess";

/** More is refused by the server. */
const MOST_BYTES = 64 * 1024 * 1024;

interface Props {
  sourceType: string;
  file: File | null;
  fault: string | undefined;
  onPick: (file: File, guess: Guess) => void;
}

/** A file from this machine: dropped, or chosen. */
export function ContentPicker({ sourceType, file, fault, onPick }: Props) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const [refused, setRefused] = useState<string>();
  const told = refused ?? fault;

  async function take(picked: File | undefined) {
    if (!picked) return;
    if (picked.size > MOST_BYTES) {
      setRefused(`${picked.name} has ${sizeInWords(picked.size)}; 64 MiB at most.`);
      return;
    }
    setRefused(undefined);
    onPick(picked, guessOf(sourceType, picked.name, await picked.slice(0, LOOKED_AT).text()));
  }

  return (
    <div className="grid gap-1.5">
      <label
        htmlFor={id}
        className={cn(
          "relative grid justify-items-center gap-1 rounded-md border border-dashed px-4 py-7 text-center transition-colors focus-within:border-accent hover:bg-sunken",
          isOver && "border-accent bg-accent-soft",
          told && "border-bad",
        )}
      >
        <FileUp className="size-6 text-muted" strokeWidth={1.5} aria-hidden />
        {file ? (
          <>
            <span className="font-medium wrap-anywhere">{file.name}</span>
            <span className="text-xs text-muted">{sizeInWords(file.size)} · choose another</span>
          </>
        ) : (
          <>
            <span className="font-medium">Drop a file here, or choose one</span>
            <span className="text-xs text-muted">
              {sourceType === "csv" ? "CSV" : "JSON or one record a line"}, 64 MiB at most
            </span>
          </>
        )}
        <input
          id={id}
          type="file"
          // It lies over all of its label: the browser takes what is dropped on it.
          className="absolute inset-0 cursor-pointer opacity-0"
          onDragEnter={() => setOver(true)}
          onDragLeave={() => setOver(false)}
          onDrop={() => setOver(false)}
          accept={sourceType === "csv" ? ".csv,.tsv,text/csv" : ".json,.ndjson,.jsonl"}
          aria-invalid={told ? true : undefined}
          aria-describedby={told ? `${id}-note` : undefined}
          onChange={({ target }) => void take(target.files?.[0])}
        />
      </label>
      {told && (
        <p id={`${id}-note`} role="alert" className="text-xs text-bad">
          {told}
        </p>
      )}
    </div>
  );
}

/** A number of bytes, as people say it. */
export function sizeInWords(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte"] as const;
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return new Intl.NumberFormat("en", {
    style: "unit",
    unit: units[step],
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: 1,
  }).format(bytes / 1000 ** step);
}
