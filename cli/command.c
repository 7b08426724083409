/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of subcommands, their help, and what is said of a wrong command line.
 */
#include "cli/command.h"

#include "cli/terminal.h"
#include "engine/config.h"
#include "engine/nearest.h"

#include <mintmark/version.h>

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION_SYNOPSIS                                                                                   \
	"[-c FILE] -s SERVICE [--mailbox ADDR] [--at UNIX-TIME]\n"                                          \
	"           [--dpop PROOF --method METHOD --url URL] [--certificate FILE]\n"                            \
	"           [--no-mark] [--no-ledger] [--json] TOKEN|-\n"

#define QUESTION_USAGE                                                                                      \
	"    -s, --service NAME   the service that is asked\n"                                              \
	"    -c, --config FILE    configuration (default " MM_CONFIG_PATH_DEFAULT ")\n"                    \
	"        --mailbox ADDR   the mailbox that is to be opened (default: whichever the token opens)\n"  \
	"        --at UNIX-TIME   decide as if it were then\n"                                              \
	"        --dpop PROOF     the DPoP proof that came with the token\n"                                  \
	"        --method METHOD  the method of the request that it came with\n"                              \
	"        --url URL        the address of that request\n"                                              \
	"        --certificate FILE  the certificate, in PEM, that the client showed\n"                       \
	"        --no-mark        do not ask for the mark of a mint's token\n"                              \
	"        --no-ledger      do not ask the ledger about a mint's token\n"                             \
	"        --json           print JSON\n"                                                             \
	"    TOKEN|-              the token; '-' reads it from standard input, unseen by other users\n"

#define CONTROL_USAGE                                                                                       \
	"    -c, --config FILE    configuration, whose state_dir has the socket (default\n"                 \
	"                         " MM_CONFIG_PATH_DEFAULT ")\n"                                           \
	"        --socket PATH    the control socket\n"                                                     \
	"        --json           print JSON\n"

#define VIEW_USAGE                                                                                          \
	"    -c, --config FILE    configuration (default " MM_CONFIG_PATH_DEFAULT ")\n"                    \
	"        --dir FOLDER     the journal's folder (default: state_dir/journal of the configuration)\n" \
	"        --control        ask a running mintmarkd, as is done where the files cannot be read\n"     \
	"        --socket PATH    the same, at this control socket\n"

#define VIEW_TIMES_USAGE                                                                                    \
	"        --since TIME     2026-11-23T08:30:00Z, 2026-11-23, today, yesterday, 15m, 2h, 3d (ago); UTC\n" \
	"        --until TIME     as above\n"                                                               \
	"    -n, --lines LINES    the last ones only (default all; with --follow 10)\n"                     \
	"    -f, --follow         go on as they are made\n"                                                 \
	"        --json           print JSON, one object a line\n"

const struct mm_command mm_commands[] = {
	{ "verify", "decide whether a token is allowed",
	    "verify " QUESTION_SYNOPSIS
	    "\n"
	    "Decide offline, from the configuration and its key files, whether the token is allowed.\n"
	    "\n" QUESTION_USAGE
	    "\n"
	    "Exit status: 0 allowed, 1 denied, 2 usage or configuration.\n",
	    mm_command_verify },
	{ "explain", "the same step by step: what was compared, and what to change",
	    "explain " QUESTION_SYNOPSIS
	    "\n"
	    "Decide as 'verify' does and tell each step: what was compared, where it stopped, why, what to change.\n"
	    "\n" QUESTION_USAGE
	    "\n"
	    "Exit status: 0 allowed, 1 denied, 2 usage or configuration.\n",
	    mm_command_explain },
	{ "inspect", "decode a token without believing it",
	    "inspect [--json] TOKEN|-\n"
	    "\n"
	    "Decode a token and print what it says. Nothing of it is verified: anybody may have written it.\n"
	    "\n"
	    "        --json           print JSON\n"
	    "    TOKEN|-              the token; '-' reads it from standard input, unseen by other users\n"
	    "\n"
	    "Exit status: 0 decoded, 1 not a token, 2 usage.\n",
	    mm_command_inspect },
	{ "jose", "the bare primitives: whether a signature holds, what was encrypted",
	    "jose verify --key JWK|--jwks FILE [--alg ALG] JWS|-\n"
	    "       mintmark jose decrypt --key JWK [--alg ALG] JWE|-\n"
	    "\n"
	    "Verify a compact JWS with a key and print its payload as it stands. Neither realm nor claim nor time is\n"
	    "looked at: never let anybody in by it; 'mintmark verify' decides.\n"
	    "\n"
	    "        --key JWK        a public key: a file, or the JSON text itself\n"
	    "        --jwks FILE      a set; the header's 'kid' names the key where there are several\n"
	    "        --alg ALG        the algorithm, for an RSA key that states none\n"
	    "    JWS|-                the JWS; '-' reads it from standard input\n"
	    "\n"
	    "Decrypt a compact JWE with a private or symmetric key and print its plaintext, which anybody may have\n"
	    "encrypted.\n"
	    "\n"
	    "        --key JWK        the key: a file, or the JSON text itself, which other users can see then\n"
	    "        --alg ALG        the algorithm, for a key that states none (default: the header's)\n"
	    "    JWE|-                the JWE; '-' reads it from standard input\n"
	    "\n"
	    "Exit status: 0 the signature holds, or decrypted; 1 not, or the key is refused; 2 usage or unreadable\n"
	    "keys.\n",
	    mm_command_jose },
	{ "check-config", "whether the configuration is good, and what it means",
	    "check-config [-c FILE] [--against FILE] [--json]\n"
	    "\n"
	    "Read a configuration with its key files and tell, service by service, what was understood; or what is\n"
	    "wrong with it, in which line, and what to write instead.\n"
	    "\n"
	    "    -c, --config FILE    configuration (default " MM_CONFIG_PATH_DEFAULT ")\n"
	    "        --against FILE   tell what it lets in that this one does not, and what it shuts out\n"
	    "        --json           print JSON\n"
	    "\n"
	    "Exit status: 0 good, 2 usage or configuration.\n",
	    mm_command_check_config },
	{ "decisions", "what the gate decided, from its journal",
	    "decisions [-c FILE|--dir FOLDER|--control|--socket PATH] [-s SERVICE]\n"
	    "           [--verdict allow|deny] [--reason REASON] [--kid KID] [--tenant NAME|ID]\n"
	    "           [--protocol NAME] [--since TIME] [--until TIME] [-n LINES] [-f] [--json]\n"
	    "\n"
	    "Print the gate's decisions, oldest first, and verify its journal while reading. What a token only claims\n"
	    "ends with '?'; what was decided in the shadow, where nobody was told, stands in parentheses; denials\n"
	    "that were only counted stand as one line with their number.\n"
	    "\n"
	    VIEW_USAGE
	    "    -s, --service NAME   of this service\n"
	    "        --verdict V      allow or deny\n"
	    "        --reason REASON  such as KEY_REALM_MISMATCH\n"
	    "        --kid KID        of tokens that name this key\n"
	    "        --tenant NAME    of this tenant: its name or its id\n"
	    "        --protocol NAME  asked for by this: introspect, auth, ext_authz, shadow, imap\n"
	    VIEW_TIMES_USAGE
	    "\n"
	    "Exit status: 0 read, 1 the journal is damaged or cannot be read, 2 usage or configuration.\n",
	    mm_command_decisions },
	{ "autopsies", "refused tokens that a key known here signed: who holds it?",
	    "autopsies [-c FILE|--dir FOLDER|--control|--socket PATH] [--all]\n"
	    "           [--since TIME] [--until TIME] [-n LINES] [-f] [--json]\n"
	    "\n"
	    "Print what the autopsy found: tokens that were refused, although a key that is known here signed them,\n"
	    "and that this key could not have signed. Somebody holds that key.\n"
	    "\n" VIEW_USAGE
	    "        --all            leads too: tokens that the key could have signed, strays or replays\n"
	    VIEW_TIMES_USAGE
	    "\n"
	    "Exit status: 0 read, 1 the journal is damaged or cannot be read, 2 usage or configuration.\n",
	    mm_command_autopsies },
	{ "status", "how a running mintmarkd fares, and what is wrong",
	    "status [-c FILE|--socket PATH] [--json]\n"
	    "\n"
	    "Ask a running mintmarkd how it, its gates and its keys fare. What is wrong stands first.\n"
	    "\n" CONTROL_USAGE
	    "\n"
	    "Exit status: 0 nothing is wrong, 1 something is, or mintmarkd does not answer, 2 usage.\n",
	    mm_command_status },
	{ "reload", "have mintmarkd read its configuration anew",
	    "reload [-c FILE|--socket PATH] [--json]\n"
	    "\n"
	    "Have a running mintmarkd read its configuration and key files anew, and tell what is let in that was not\n"
	    "before, and what is shut out. A configuration that is not good is refused: everything stays as it was.\n"
	    "'mintmark check-config --against' tells the difference beforehand.\n"
	    "\n" CONTROL_USAGE
	    "\n"
	    "Exit status: 0 in use, 1 refused, or mintmarkd does not answer, 2 usage.\n",
	    mm_command_reload },
	{ "fetch", "have the keys of a realm fetched now",
	    "fetch [-c FILE|--socket PATH] [--json] REALM\n"
	    "\n"
	    "Have a running mintmarkd fetch the key document of a realm now, and tell how that went.\n"
	    "\n" CONTROL_USAGE
	    "    REALM                a realm whose keys are fetched\n"
	    "\n"
	    "Exit status: 0 fetched, 1 not, or mintmarkd does not answer, 2 usage.\n",
	    mm_command_fetch },
	{ "user", "the people who can sign in at a mint",
	    "user list|show|add|change|disable [-c FILE|--socket PATH] [--tenant NAME]\n"
	    "           [--name TEXT] [--delegate ADDR]… [--no-delegates] [--password|--password-stdin]\n"
	    "           [--enable] [--json] REALM [ADDR]\n"
	    "\n"
	    "See and change a mint's users. The password is asked for on the terminal, twice; only its hash leaves\n"
	    "the command. 'disable', a new password or another tenant end what the user is signed in at.\n"
	    "\n" CONTROL_USAGE
	    "        --tenant NAME    his tenant; may be left out where the realm has one\n"
	    "        --name TEXT      what is shown of him\n"
	    "        --delegate ADDR  a mailbox that he may open beside his own; again for another\n"
	    "        --no-delegates   none any more\n"
	    "        --password       of 'change': ask for a new one\n"
	    "        --password-stdin read it from standard input, its first line\n"
	    "        --enable         of 'change': not disabled any more\n"
	    "    REALM                the mint\n"
	    "    ADDR                 his mailbox, which is his name too; 'list' needs none\n"
	    "\n"
	    "Exit status: 0 done, 1 not, or mintmarkd does not answer, 2 usage.\n",
	    mm_command_user },
	{ "client", "the programs that can ask a mint for tokens",
	    "client list|show|add|change|disable [-c FILE|--socket PATH] [--tenant NAME]\n"
	    "           [--name TEXT] [--public|--confidential|--secret|--jwks FILE|--certificate FILE|\n"
	    "           --certificate-subject TEXT] [--grant NAME]… [--scope NAME]… [--audience TEXT]…\n"
	    "           [--redirect URI]… [--logout URI]… [--consent|--no-consent] [--enable] [--json]\n"
	    "           REALM [ID]\n"
	    "\n"
	    "See and change a mint's clients. A confidential one authenticates by its keys, a certificate or,\n"
	    "neither is named, a secret, which is made and shown once. A list that is named replaces the one before.\n"
	    "\n" CONTROL_USAGE
	    "        --tenant NAME    it is for users of this tenant alone\n"
	    "        --name TEXT      what its users are shown\n"
	    "        --public         it can keep no secret: an application on somebody's machine (default)\n"
	    "        --confidential   it can: a server\n"
	    "        --secret         of 'change': a new secret\n"
	    "        --jwks FILE      it signs assertions (private_key_jwt): its public keys as a JWK set\n"
	    "        --certificate FILE  it shows this certificate (PEM), whoever signed it\n"
	    "        --certificate-subject TEXT  or one of this subject, of a trusted authority\n"
	    "        --grant NAME     code, refresh, client_credentials, device or exchange\n"
	    "        --scope NAME     it may ask for this scope\n"
	    "        --audience TEXT  for tokens of this service's audience; the first is meant where none is named\n"
	    "        --redirect URI   a redirect_uri, compared exactly\n"
	    "        --logout URI     where its users may be sent after they signed out\n"
	    "        --consent        its users are asked; --no-consent: it is one of ours\n"
	    "        --enable         of 'change': not disabled any more\n"
	    "    REALM                the mint\n"
	    "    ID                   its client_id; 'list' needs none\n"
	    "\n"
	    "Exit status: 0 done, 1 not, or mintmarkd does not answer, 2 usage.\n",
	    mm_command_client },
	{ "tenant", "the customer organisations of a mint",
	    "tenant list|show|add|change|disable [-c FILE|--socket PATH] [--id ID]\n"
	    "           [--domain NAME]… [--no-domains] [--admin ADDR]… [--no-admins] [--enable] [--json]\n"
	    "           REALM [TENANT]\n"
	    "\n"
	    "See and change the tenants of a mint whose issuer has a {tenant}. Those of the configuration are changed\n"
	    "there. A list that is named replaces the one before.\n"
	    "\n" CONTROL_USAGE
	    "        --id ID          of 'add': its 'tid', which stands for {tenant}; never changed\n"
	    "        --domain NAME    a domain of its mailboxes; again for another\n"
	    "        --no-domains     none any more\n"
	    "        --admin ADDR     who is told of incidents; again for another\n"
	    "        --no-admins      nobody any more\n"
	    "        --enable         of 'change': not disabled any more\n"
	    "    REALM                the mint\n"
	    "    TENANT               its name; 'list' needs none\n"
	    "\n"
	    "Exit status: 0 done, 1 not, or mintmarkd does not answer, 2 usage.\n",
	    mm_command_tenant },
	{ "key", "the keys of mints: what they are, and what comes next",
	    "key list [--all] [REALM]\n"
	    "       mintmark key show REALM KID\n"
	    "       mintmark key history [REALM]\n"
	    "       mintmark key rotate [--now] [--why TEXT] REALM\n"
	    "       mintmark key hold [--until TIME] [--why TEXT] REALM\n"
	    "       mintmark key retire|taint [--why TEXT] REALM KID\n"
	    "       mintmark key revoke [--rotate] [--why TEXT] REALM KID\n"
	    "       mintmark key restore --by NAME [--why TEXT] REALM KID\n"
	    "\n"
	    "Ask a running mintmarkd about the keys of its mints, or change their lives. Each change is recorded.\n"
	    "\n"
	    "    list       a table: state, age, what happens next and when\n"
	    "    show       one key and what happened to it; history: what happened to all\n"
	    "    rotate     the next key signs; --now: although it is not published for long enough, so verifiers\n"
	    "               that keep the key document refuse its tokens for a while\n"
	    "    hold       pause rotation: 24 hours at most, never beyond 14 days of a key; --until now ends it\n"
	    "    retire     refuse a key from now on; not one with live tokens\n"
	    "    taint      accept a key's tokens only with proof that they were issued; another key signs soon\n"
	    "    restore    take that back; two people approve, each with this command\n"
	    "    revoke     refuse a key for ever; --rotate: where it was the one that signs, the next one signs at\n"
	    "               once, as with rotate --now\n"
	    "\n" CONTROL_USAGE
	    "        --all            retired and revoked keys too\n"
	    "        --until TIME     2026-11-23T08:30:00Z, or now\n"
	    "        --why TEXT       for the record\n"
	    "        --by NAME        who approves\n"
	    "    KID                  a key's kid, or a beginning of it that no other has\n"
	    "\n"
	    "Exit status: 0 done, 1 not done, or mintmarkd does not answer, 2 usage.\n",
	    mm_command_key },
	{ "init", "make what the mints of a configuration need",
	    "init [-c FILE] [--root FILE] [--renew-certificate] [--json]\n"
	    "\n"
	    "Make what each mint of the configuration lacks: its folders, the keys that seal secrets, the offline\n"
	    "root, the certified key-state key, and a secret for marks. What is there stays as it is and is\n"
	    "told; a second run adds what a new realm needs. Run it as the user who starts mintmarkd.\n"
	    "\n"
	    "    -c, --config FILE    configuration (default " MM_CONFIG_PATH_DEFAULT ")\n"
	    "        --root FILE      the private key of the offline root (default ./mintmark-root.key): written when\n"
	    "                         a mint is new, for you to take away; read to renew the certificate\n"
	    "        --renew-certificate  certify the key-state key anew, for another 400 days\n"
	    "        --json           print JSON\n"
	    "\n"
	    "Exit status: 0 everything is there, 2 usage or configuration, or it could not be made.\n",
	    mm_command_init },
	{ "ledger", "what mints have on record: of a token, all of it, as it is made",
	    "ledger [-c FILE] [--socket PATH | --dir FOLDER] [--json] show JTI|TOKEN|-\n"
	    "       mintmark ledger [-c FILE] [--dir FOLDER] [--json] audit\n"
	    "       mintmark ledger [-c FILE] [--dir FOLDER] [--json] follow\n"
	    "\n"
	    "show: whether a token was issued, and what is on record of it; asks a running mintmarkd, or with --dir\n"
	    "reads the files. audit: read all of the ledger, and check every record, the chain, the counts and the\n"
	    "signatures. follow: print records as they are made.\n"
	    "\n"
	    "        --dir FOLDER     the ledger's folder (default: state_dir/mint/ledger)\n" CONTROL_USAGE
	    "\n"
	    "Exit status: 0 issued, or the ledger is whole; 1 never issued, void or not known, or it is not whole;\n"
	    "2 usage or configuration.\n",
	    mm_command_ledger },
	{ "backup", "copy everything of the mints into one archive",
	    "backup [-c FILE] ARCHIVE|-\n"
	    "\n"
	    "Write the ledger, tables, sealed keys, certificate and epoch of the mints into a new tar archive, while\n"
	    "mintmarkd runs or not. Sealing keys are left out: keep them elsewhere.\n"
	    "\n"
	    "    -c, --config FILE    configuration (default " MM_CONFIG_PATH_DEFAULT ")\n"
	    "\n"
	    "Exit status: 0 done, 1 not done, 2 usage or configuration.\n",
	    mm_command_backup },
	{ "restore", "put such an archive in the place of the mints' state",
	    "restore [-c FILE] [--force] ARCHIVE|-\n"
	    "\n"
	    "Check an archive of 'backup', and put it in the place of what the mints have, while mintmarkd does not\n"
	    "run. No token id is given twice afterwards and no epoch is lowered; what was done after the backup is\n"
	    "not known.\n"
	    "\n"
	    "    -c, --config FILE    configuration (default " MM_CONFIG_PATH_DEFAULT ")\n"
	    "        --force          although there are mints, which are kept beside it as state_dir/mint.replaced\n"
	    "\n"
	    "Exit status: 0 done, 1 not done, 2 usage or configuration.\n",
	    mm_command_restore },
	{ "hunt", "what exported logs tell: who read which mail, and what they cannot tell",
	    "hunt [--signins FILE]… [--since TIME] [--until TIME] [--tenant ID]\n"
	    "           [--pivot app=ID|session=ID|token=ID|ip=ADDRESS|mailbox=ADDR]\n"
	    "           [--out DIR [--resume]] [--json] [--threads N] FILE|FOLDER…\n"
	    "\n"
	    "Read exported logs of Microsoft 365, Entra and Dovecot, whatever their form and packing, and tell\n"
	    "which applications, tokens, sessions and addresses read which mailboxes since when: what is proof,\n"
	    "what is only a lead, and what the logs cannot tell. Needs neither mintmarkd nor a configuration.\n"
	    "Nothing is written beside the logs.\n"
	    "\n"
	    "        --signins FILE   more logs, expected to have sign-ins; again for another\n"
	    "        --since TIME     2026-11-23T08:30:00Z, 2026-11-23, today, 3d (ago); UTC. Findings are from then\n"
	    "                         on; what was before teaches what is usual\n"
	    "        --until TIME     and before this\n"
	    "        --tenant ID      of this tenant alone: its id or a domain of its mailboxes\n"
	    "        --pivot WHAT     narrow to one thread of the story\n"
	    "        --out DIR        write report.html, findings.json, findings.csv, messages.csv and stix.json\n"
	    "                         there; made if missing, replaced if this command wrote them; never a folder\n"
	    "                         with logs\n"
	    "        --resume         go on where a run with this --out was ended\n"
	    "        --json           print findings.json instead of the summary\n"
	    "        --threads N      1 to 16 (default: as many as there are processors)\n"
	    "    FILE|FOLDER          a log, or a folder of them\n"
	    "\n"
	    "Exit status: 0 nothing of class proof or strong, 1 something, 2 usage, or nothing could be read or\n"
	    "written.\n",
	    mm_command_hunt },
	{ "detect", "what 'hunt' looks for in foreign logs, and what it means",
	    "detect [--json] list\n"
	    "       mintmark detect [--json] explain ID\n"
	    "\n"
	    "list: the detections, how sure their findings are at best, and what they find. explain: which logs and\n"
	    "fields a detection needs, what its findings mean and what else they may be, what to do, and where it is\n"
	    "described.\n"
	    "\n"
	    "        --json           print JSON\n"
	    "    ID                   the name of a detection, as in reports\n"
	    "\n"
	    "Exit status: 0 told, 2 usage.\n",
	    mm_command_detect },
	{ "help", "tell of a command",
	    "help [COMMAND]\n"
	    "\n"
	    "List the commands, or tell of one.\n",
	    mm_command_help },
	{ NULL, NULL, NULL, NULL },
};

/* A name that is further from every command than this is not a slip of the finger. */
#define SLIP_MAX 3

/* Of a name that is none: it may be a token that went astray, and tokens are never printed. */
#define NAME_COLUMNS_MAX 32

const struct mm_command *
mm_command_find(const char *name)
{
	for (const struct mm_command *command = mm_commands; command->name != NULL; command++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	return NULL;
}

static void
print_overview(FILE *stream)
{
	fputs("usage: mintmark COMMAND [OPTIONS] [ARGUMENTS]\n\n"
	      "Says whether a sign-in token may open what it asks for, and why.\n\n", stream);
	for (const struct mm_command *command = mm_commands; command->name != NULL; command++)
		fprintf(stream, "  %-14s %s\n", command->name, command->summary);
	fputs("\n'mintmark help COMMAND' tells more of a command, 'mintmark --version' the version, mintmark(1) all.\n",
	    stream);
}

int
mm_command_print_help(const struct mm_command *command)
{
	printf("usage: mintmark %s", command->usage);
	return MM_EXIT_DONE;
}

/* The arguments may hold anything; a script may have taken them from anywhere. */
static void
print_error(const char *name, const char *text)
{
	fprintf(stderr, "mintmark%s%s: ", name == NULL ? "" : " ", name == NULL ? "" : name);
	mm_terminal_put_str(stderr, text);
	fputc('\n', stderr);
}

int
mm_command_usage_error(const struct mm_command *command, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	print_error(command->name, len == -1 ? "wrong usage" : text);
	if (len != -1)
		free(text);
	fprintf(stderr, "'mintmark help %s' tells how to use it.\n", command->name);
	return MM_EXIT_USAGE;
}

int
mm_command_option_error(const struct mm_command *command, int option, char **argv)
{
	const char *word = argv[optind - 1];

	if (option == ':')
		return mm_command_usage_error(command, "option '%s' needs a value", word);
	if (optopt != 0 && strncmp(word, "--", 2) == 0)
		return mm_command_usage_error(command, "option '%.*s' takes no value", NAME_COLUMNS_MAX, word);
	if (optopt != 0)
		return mm_command_usage_error(command, "unknown option '-%c'", optopt);
	return mm_command_usage_error(command, "unknown option '%.*s'", NAME_COLUMNS_MAX, word);
}

static int
unknown_command(const char *name)
{
	struct mm_nearest nearest;

	mm_nearest_init(&nearest, mm_slice_str(name));
	for (const struct mm_command *command = mm_commands; command->name != NULL; command++)
		mm_nearest_offer(&nearest, mm_slice_str(command->name));
	fputs("mintmark: unknown command '", stderr);
	mm_terminal_put(stderr, mm_slice_str(name), NAME_COLUMNS_MAX);
	fputs("'\n", stderr);
	if (nearest.distance <= SLIP_MAX)
		fprintf(stderr, "Do you mean '%.*s'?\n", (int)nearest.best.len, nearest.best.ptr);
	fputs("'mintmark help' lists the commands.\n", stderr);
	return MM_EXIT_USAGE;
}

int
mm_command_help(const struct mm_command *command, int argc, char **argv)
{
	const struct mm_command *named;

	if (argc > 2)
		return mm_command_usage_error(command, "one command at a time");
	if (argc < 2) {
		print_overview(stdout);
		return MM_EXIT_DONE;
	}
	named = mm_command_find(argv[1]);
	return named == NULL ? unknown_command(argv[1]) : mm_command_print_help(named);
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int
mm_command_run(int argc, char **argv)
{
	const struct mm_command *command;

	if (argc < 2) {
		print_overview(stderr);
		return MM_EXIT_USAGE;
	}
	if (is_help(argv[1])) {
		print_overview(stdout);
		return MM_EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("mintmark %s\n", mm_version());
		return MM_EXIT_DONE;
	}
	command = mm_command_find(argv[1]);
	if (command == NULL)
		return unknown_command(argv[1]);
	if (argc == 3 && is_help(argv[2]))
		return mm_command_print_help(command);
	return command->run(command, argc - 1, argv + 1);
}
