import { describe, expect, it } from "vitest";

import { shownCommand } from "../../src/operations/publish/shown-command.ts";

describe("a command in a message", () => {
  it.each([
    [["gpg", "--batch", "--passphrase", "my own words", "/a/b"], "gpg --batch --passphrase *** /a/b"],
    [["gpg", "--passphrase=hunter2"], "gpg --passphrase=***"],
    [["openssl", "pkeyutl", "-passin", "pass:hunter2"], "openssl pkeyutl -passin pass:***"],
    [["env", "SIGN_TOKEN=hunter2", "sign"], "env SIGN_TOKEN=*** sign"],
    [["sign", "pkcs11:object=x?pin-value=12&34", "{file}"], "sign pkcs11:object=x?pin-value=*** {file}"],
    [["sh", "-c", "sign --password 'my own words' $0"], "sh -c sign --password *** $0"],
  ])("leaves out of %j what it calls a secret", (words, shown) => {
    expect(shownCommand(words)).toBe(shown);
  });

  it.each([
    [["gpg", "--passphrase-file", "/etc/asof/phrase", "--pinentry-mode", "loopback", "--local-user", "KEY"]],
    [["gpg", "--passphrase-fd", "3", "--output", "checkpoint.txt.asc", "/state/incoming/x/checkpoint.txt"]],
    [["minisign", "-S", "-W", "-s", "/etc/asof/minisign.key", "-x", "a", "-m", "b"]],
    [["compass", "north=1", "spin=2"]],
  ])("shows %j as it is", (words) => {
    expect(shownCommand(words)).toBe(words.join(" "));
  });
});
