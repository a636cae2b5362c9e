// The request that sets a webhook task off, as a shell sends it. The secret stays a variable: it is not known here.

/** Signed over the body alone, which most senders do. */
export function curlOf(url: string): string {
  return `SECRET=whsec_...                     # as it was shown
printf '{"action":"opened"}' > body.json
SIGNATURE=$(openssl dgst -sha256 -hmac "$SECRET" -hex < body.json | sed 's/.* //')

curl -sS '${url}' \\
  -H 'content-type: application/json' \\
  -H "x-agentcy-signature: sha256=$SIGNATURE" \\
  -H 'x-agentcy-delivery: first-one' \\
  --data-binary @body.json`;
}

/** Signed with an id and the time, as Standard Webhooks has it. */
export function standardCurlOf(url: string): string {
  return `SECRET=whsec_...                     # as it was shown
printf '{"action":"opened"}' > body.json
KEY=$(printf %s "\${SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
NOW=$(date +%s)
SIGNATURE=$( (printf 'msg_1.%s.' "$NOW"; cat body.json) |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | openssl base64 -A)

curl -sS '${url}' \\
  -H 'content-type: application/json' \\
  -H 'webhook-id: msg_1' -H "webhook-timestamp: $NOW" \\
  -H "webhook-signature: v1,$SIGNATURE" \\
  --data-binary @body.json`;
}

/** The same by the command line of agentcy, which reads the secret and never shows it to others. */
export function signOf(url: string, isStandard: boolean): string {
  const standard = isStandard ? " --standard" : "";
  return `AGENTCY_HOOK_SECRET=whsec_... agentcy hooks sign '${url}' \\
  --body '{"action":"opened"}'${standard} | sh`;
}
