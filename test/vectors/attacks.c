/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the attack table, makes each world and token with the maker, shows them to a face, and compares the reasons.
 * It also counts that every reason which a step can give is given by some case.
 */
#include "test/vectors/attacks.h"

#include "test/maker/proof.h"
#include "test/maker/token.h"
#include "test/maker/world.h"

#include <mintmark/reason.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORLDS_MAX 32
#define ELSEWHERE_MAX 64
#define STATES_MAX 64
#define WORDS_MAX 64
#define FIELDS_MAX 10

/* Any time will do; that of the library and the command is this one, so that a failure can be seen again. */
#define CHOSEN_NOW_S INT64_C(1800000000)

struct world_row {
	const char *name, *outcome;
};

static struct {
	char *text;
	struct attack_case cases[ATTACK_CASES_MAX];
	size_t case_count;
	struct world_row worlds[WORLDS_MAX];
	size_t world_count;
	const char *elsewhere[ELSEWHERE_MAX];
	size_t elsewhere_count;
	struct attack_state states[STATES_MAX];
	size_t state_count;
} table;

static struct attack_answer answers[ATTACK_CASES_MAX];
static char world_dir[] = "/tmp/mintmark-attacks.XXXXXX";
static unsigned failures;
static struct {
	size_t cases, worlds, again, left_out;
} counts;

_Noreturn void
attack_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void
attack_copy(char *field, size_t size, const char *text, size_t len)
{
	if (len >= size)
		len = size - 1;
	memcpy(field, text, len);
	field[len] = '\0';
}

bool
attack_json_word(const char *json, const char *name, char *word, size_t size)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof quoted, "\"%s\"", name);
	/* A name, not a value that reads so. */
	for (at = strstr(json, quoted); at != NULL; at = strstr(at, quoted)) {
		at += strlen(quoted);
		at += strspn(at, " \t\r\n");
		if (*at == ':')
			break;
	}
	if (at == NULL)
		return false;
	at++;
	at += strspn(at, " \t\r\n");
	if (*at != '"')
		return false;
	at++;
	attack_copy(word, size, at, strcspn(at, "\""));
	return true;
}

/* ---- reading the table ---- */

static char *
read_table(void)
{
	const char *source = getenv("MINTMARK_SOURCE");
	char path[512], *text;
	FILE *file;
	size_t len;

	snprintf(path, sizeof path, "%s/test/vectors/attacks.tsv", source == NULL ? "." : source);
	file = fopen(path, "re");
	text = calloc(1, 1 << 20);
	if (file == NULL || text == NULL)
		attack_fail("%s cannot be read", path);
	len = fread(text, 1, (1 << 20) - 1, file);
	if (len == 0 || !feof(file))
		attack_fail("%s is empty or too large", path);
	fclose(file);
	return text;
}

/* The tab-separated fields of a line; those that are not there are "". */
static void
split_fields(char *line, const char *fields[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *field = strsep(&line, "\t");

		fields[i] = field == NULL ? "" : field;
	}
}

static const char *
address_of(const char *mailbox)
{
	static const char *const people[] = { "alice", "dave", "bob", "carol", "paul" };

	for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
		if (strcmp(mailbox, people[i]) == 0)
			return maker_person_find(mailbox)->address;
	}
	return strcmp(mailbox, "-") == 0 ? NULL : mailbox;
}

/* "OK: issued" says what proved it, too. */
static const char *
split_reason(char *reason)
{
	char *colon = strchr(reason, ':');

	if (colon == NULL)
		return "";
	*colon = '\0';
	return colon + 1 + strspn(colon + 1, " ");
}

static void
read_case(const char *const fields[FIELDS_MAX], int number)
{
	struct attack_case *one = &table.cases[table.case_count++];

	*one = (struct attack_case){
		.line = number, .row = fields[1], .world = fields[2], .service = fields[3],
		.mailbox = address_of(fields[4]), .reason = fields[5], .recipe = fields[6],
		.autopsy = fields[7], .evidence = fields[8], .state = fields[9],
	};
	one->proof = split_reason((char *)(uintptr_t)one->reason);
}

static void
read_line(char *line, int number)
{
	const char *fields[FIELDS_MAX];

	split_fields(line, fields, FIELDS_MAX);
	if (strcmp(fields[0], "world") == 0 && table.world_count < WORLDS_MAX) {
		table.worlds[table.world_count++] = (struct world_row){ fields[1], fields[2] };
	} else if (strcmp(fields[0], "elsewhere") == 0 && table.elsewhere_count < ELSEWHERE_MAX) {
		table.elsewhere[table.elsewhere_count++] = fields[1];
	} else if (strcmp(fields[0], "case") == 0 && table.case_count < ATTACK_CASES_MAX) {
		read_case(fields, number);
	} else if (strcmp(fields[0], "state") == 0 && table.state_count < STATES_MAX) {
		table.states[table.state_count++] = (struct attack_state){ fields[1], fields[2] };
	} else if (fields[0][0] != '\0') {
		attack_fail("attacks.tsv:%d: '%s' is no kind of line, or there are too many", number, fields[0]);
	}
}

static void
parse_table(void)
{
	char *rest = table.text = read_table(), *line;

	for (int number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
		if (line[0] != '#')
			read_line(line, number);
	}
}

/* ---- one token ---- */

/* The words of a recipe, cut in place: by spaces, or as 'quoted ones'. */
static int
split_words(char *recipe, const char *words[WORDS_MAX])
{
	int count = 0;

	while (*(recipe += strspn(recipe, " ")) != '\0') {
		char *out;

		if (count == WORDS_MAX)
			attack_fail("a recipe of more than %d words", WORDS_MAX);
		words[count++] = out = recipe;
		for (bool quoted = false; *recipe != '\0' && (quoted || *recipe != ' '); recipe++) {
			if (*recipe == '\'')
				quoted = !quoted;
			else
				*out++ = *recipe;
		}
		if (*recipe != '\0')
			recipe++;
		*out = '\0';
	}
	return count;
}

bool
attack_is_of_mints(const char *world)
{
	return strcmp(world, "minted") == 0 || strcmp(world, "proven") == 0;
}

/* In a world of mints: the token's number, and a genuine one's mark where the recipe says nothing of it. */
static int
add_mint_words(const struct attack_world *world, const struct attack_case *one, const char *words[WORDS_MAX],
    int count)
{
	static char number[24];

	if (count + 4 > WORDS_MAX)
		attack_fail("a recipe of more than %d words", WORDS_MAX - 4);
	snprintf(number, sizeof number, "%u", (unsigned)world->number);
	words[count++] = "--number";
	words[count++] = number;
	if (strstr(one->recipe, "--marked") == NULL) {
		words[count++] = "--marked";
		words[count++] = "right";
	}
	return count;
}

static char *
make_token(const struct attack_world *world, const struct attack_case *one)
{
	const char *words[WORDS_MAX];
	char *recipe = strdup(one->recipe), *token;
	int count;

	if (recipe == NULL)
		attack_fail("out of memory");
	count = split_words(recipe, words);
	if (attack_is_of_mints(world->name))
		count = add_mint_words(world, one, words, count);
	token = maker_token_make(world->dir, world->now_s, count, words);
	free(recipe);
	return token;
}

/* ---- what is shown with it ---- */

/* A proof for the token; the words behind the first are its recipe. */
static char *
make_proof(const struct attack_world *world, const char *token, int count, const char *const words[])
{
	const char *recipe[WORDS_MAX + 2] = { "--proof-of", token };

	for (int i = 1; i < count; i++)
		recipe[i + 1] = words[i];
	return maker_token_make(world->dir, world->now_s, count + 1, recipe);
}

static void
show_certificate(const struct attack_world *world, const char *name, struct attack_shown *shown)
{
	static const char before[] = "{\"x5t#S256\":\"";
	struct maker_text cnf;

	snprintf(shown->certificate_path, sizeof shown->certificate_path, "%s/keys/%s.crt", world->dir, name);
	cnf = maker_binding_of_certificate(shown->certificate_path);
	attack_copy(shown->thumbprint, sizeof shown->thumbprint, cnf.bytes + sizeof before - 1,
	    cnf.len - sizeof before + 1);
	maker_text_clear(&cnf);
}

static void
show_words(const struct attack_world *world, const char *token, int count, const char *const words[],
    struct attack_shown *shown)
{
	if (strcmp(words[0], "certificate") == 0 && count >= 2) {
		show_certificate(world, words[1], shown);
		if (count > 2)
			show_words(world, token, count - 2, words + 2, shown);
		return;
	}
	shown->proof = make_proof(world, token, count, words);
	if (strcmp(words[0], "replayed") == 0)
		shown->proof_before = strdup(shown->proof);
	else if (strcmp(words[0], "renewed") == 0)
		shown->proof_before = make_proof(world, token, count, words);
	else if (strcmp(words[0], "proof") != 0)
		attack_fail("'%s' is no evidence", words[0]);
}

static struct attack_shown
make_shown(const struct attack_world *world, const struct attack_case *one, const char *token)
{
	struct attack_shown shown = { .proof = NULL };
	const char *words[WORDS_MAX];
	char *recipe = strdup(one->evidence);
	int count;

	if (recipe == NULL)
		attack_fail("out of memory");
	count = split_words(recipe, words);
	if (count > 0)
		show_words(world, token, count, words, &shown);
	free(recipe);
	return shown;
}

/* ---- one world ---- */

static void
complain(const struct attack_case *one, const char *found)
{
	failures++;
	printf("attacks.tsv:%d: row %s, %s at %s for %s: expected %s, got %s\n    %s\n", one->line, one->row,
	    *one->recipe == '\0' ? "Alice's genuine token" : "a token", one->service,
	    one->mailbox == NULL ? "no named mailbox" : one->mailbox, one->reason, found, one->recipe);
}

/* A false proof would have an operator believe that a key was stolen: none but those that are listed. */
static void
judge_autopsy(const struct attack_case *one, const struct attack_answer *answer)
{
	bool good = *one->autopsy != '\0' ? strcmp(one->autopsy, answer->autopsy) == 0 :
	    strncmp(answer->autopsy, "proof", 5) != 0;

	if (answer->autopsy[0] == '\0' || good)
		return;
	failures++;
	printf("attacks.tsv:%d: row %s, its autopsy: expected %s, got %s\n    %s\n", one->line, one->row,
	    *one->autopsy == '\0' ? "no proof" : one->autopsy, answer->autopsy, one->recipe);
}

static bool
is_one_of(const char *word, const char *const words[])
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Of a face that cannot tell that a proof was used before. */
static const char *
reason_remembered(const struct attack_case *one)
{
	return attack_face.forgets_proofs && strcmp(one->reason, "REPLAYED") == 0 ? "OK" : one->reason;
}

/* Who has no secrets of the mint knows that a mark is missing and an id none of a mint's, and no more. */
static const char *
reason_here(const struct attack_world *world, const struct attack_case *one)
{
	static const char *const by_proof[] = {
		"OK", "MARK_INVALID", "NOT_ISSUED", "ROOT_UNPROVEN", "SCOPE_INSUFFICIENT", NULL,
	};
	bool demanded = strcmp(world->name, "proven") == 0 || strstr(one->recipe, "--key KET") != NULL ||
	    strcmp(one->service, "exchange") == 0;
	bool no_id = strstr(one->recipe, "jti=\"made-up\"") != NULL || strstr(one->recipe, "--no-claim jti") != NULL;
	bool external = strstr(one->recipe, "--as paul") != NULL && strstr(one->recipe, "--root") == NULL;
	const char *reason = reason_remembered(one);

	return !attack_face.proves && attack_is_of_mints(world->name) && demanded && !external && !no_id &&
	    is_one_of(reason, by_proof) ? "PROOF_UNAVAILABLE" : reason;
}

/*
 * A case of the usual world again where its realms are mints, and everything proves itself: the same reason. But an id
 * that its writer chose is none of the mint's, and its key document holds no key that does not say whose it is.
 */
static const char *
reason_again(const struct attack_case *one)
{
	static const char *const after_proof[] = { "OK", "SCOPE_INSUFFICIENT", NULL };
	bool other_id = strstr(one->recipe, "-claim jti") != NULL || strstr(one->recipe, "--raw-payload") != NULL;

	if (strcmp(one->reason, "KEY_SCOPE_UNKNOWN") == 0)
		return "KEY_UNKNOWN";
	return other_id && is_one_of(one->reason, after_proof) ? "NOT_ISSUED" : one->reason;
}

/* What the caller learns of a reason. */
static const char *
class_of(const char *reason)
{
	static const struct {
		const char *code, *class;
	} rows[] = {
#define MM_REASON(code, step, class, text, mend) { #code, #class },
#include <mintmark/reasons.def>
#undef MM_REASON
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(reason, rows[i].code) == 0)
			return rows[i].class;
	attack_fail("there is no reason %s", reason);
}

static void
complain_of(const struct attack_case *one, const char *what, const char *expected, const char *found)
{
	failures++;
	printf("attacks.tsv:%d: row %s, %s: expected %s, got %s\n    %s\n", one->line, one->row, what, expected, found,
	    one->recipe);
}

static void
judge(const struct attack_world *world, const struct attack_case *one, const struct attack_answer *answer)
{
	const char *reason = reason_here(world, one);
	bool expected = strcmp(reason, "OK") == 0;

	if (!answer->asked)
		complain(one, "no answer");
	else if (answer->allowed != expected)
		complain(one, answer->allowed ? "ALLOWED" : answer->reason[0] != '\0' ? answer->reason : "denied");
	else if (strcmp(reason, answer->reason) != 0)
		complain(one, answer->reason);
	else if (answer->class[0] != '\0' && strcmp(answer->class, class_of(reason)) != 0)
		complain_of(one, "what the caller was told", class_of(reason), answer->class);
	else if (one->proof[0] != '\0' && answer->proof[0] != '\0' && strcmp(one->proof, answer->proof) != 0)
		complain_of(one, "what proved it", one->proof, answer->proof);
}

static const struct attack_state *
find_state(const struct attack_case *one)
{
	for (size_t i = 0; i < table.state_count; i++)
		if (strcmp(table.states[i].name, one->state) == 0)
			return &table.states[i];
	attack_fail("attacks.tsv:%d: there is no state '%s'", one->line, one->state);
}

/* Numbers begin anew in each minute, as a ledger's do. */
static void
begin_token(struct attack_world *world, const struct attack_case *one)
{
	int64_t now_s = attack_face.chooses_time ? world->now_s : time(NULL);

	if (now_s / 60 != world->now_s / 60)
		world->number = 0;
	world->now_s = now_s;
	world->number++;
	world->recorded = strstr(one->recipe, "--recorded no") == NULL;
}

static void
ask(struct attack_world *world, size_t number)
{
	const struct attack_case *one = &table.cases[number];
	struct attack_shown evidence;
	char *token;

	begin_token(world, one);
	token = make_token(world, one);
	evidence = make_shown(world, one, token);
	attack_face.ask(world, number, one, token, &evidence);
	free(evidence.proof);
	free(evidence.proof_before);
	free(token);
}

/* The cases of a world; those that need a state of the ledger where there is one. */
static size_t
ask_all(struct attack_world *world, const char *cases_of)
{
	const char *state = "";
	size_t count = 0;

	for (size_t i = 0; i < table.case_count; i++) {
		const struct attack_case *one = &table.cases[i];

		if (strcmp(one->world, cases_of) != 0)
			continue;
		if (attack_face.enter == NULL && *one->state != '\0') {
			counts.left_out++;
			continue;
		}
		if (strcmp(state, one->state) != 0)
			attack_face.enter(world, find_state(one));
		state = one->state;
		ask(world, i);
		count++;
	}
	return count;
}

/*
 * What the world's cases, or those of another one, were answered. Of another world's it is the reason again; what an
 * autopsy says of them is judged there.
 */
static void
judge_all(const struct attack_world *world, const char *cases_of)
{
	bool again = strcmp(world->name, cases_of) != 0;

	for (size_t i = 0; i < table.case_count; i++) {
		struct attack_case one = table.cases[i];

		if (strcmp(one.world, cases_of) != 0 || (attack_face.enter == NULL && *one.state != '\0'))
			continue;
		if (again)
			one.reason = reason_again(&one);
		else
			judge_autopsy(&one, &answers[i]);
		judge(world, &one, &answers[i]);
	}
}

static void
run_world(const struct world_row *row, int64_t now_s)
{
	struct attack_world world = { .dir = world_dir, .name = row->name, .now_s = now_s, .answers = answers };
	bool proves = strcmp(row->name, "proven") == 0;
	const char *outcome;
	bool refused;

	memset(answers, 0, sizeof answers);
	snprintf(world.config_path, sizeof world.config_path, "%s/%s.conf", world_dir, row->name);
	refused = !attack_face.open(&world);
	if (!refused) {
		counts.again += proves ? ask_all(&world, "mintmark") : 0;
		counts.cases += ask_all(&world, row->name);
		attack_face.close(&world);
		judge_all(&world, row->name);
		if (proves)
			judge_all(&world, "mintmark");
	}
	counts.worlds++;
	outcome = refused ? "refused" : world.alarms ? "alarm" : "good";
	if (strcmp(outcome, row->outcome) != 0) {
		failures++;
		printf("world %s: expected to be %s, was %s\n", row->name, row->outcome, outcome);
	}
}

/* ---- is every reason given? ---- */

static bool
is_covered(const char *reason)
{
	for (size_t i = 0; i < table.case_count; i++) {
		if (strcmp(table.cases[i].reason, reason) == 0)
			return true;
	}
	return false;
}

static bool
is_elsewhere(const char *reason)
{
	for (size_t i = 0; i < table.elsewhere_count; i++) {
		if (strcmp(table.elsewhere[i], reason) == 0)
			return true;
	}
	return false;
}

static void
check_reasons(void)
{
	static const char *const reasons[] = {
#define MM_REASON(code, step, class, text, mend) #code,
#include <mintmark/reasons.def>
#undef MM_REASON
	};

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if (is_covered(reasons[i]) == is_elsewhere(reasons[i])) {
			failures++;
			printf("reason %s: %s\n", reasons[i], is_covered(reasons[i]) ?
			    "a case gives it, though it is said to be given elsewhere" :
			    "no case gives it, and nobody is said to");
		}
	}
}

static void
remove_world(void)
{
	maker_world_remove(world_dir);
}

/* Arguments name the worlds to be run; there are none: all of them. */
static bool
is_named(const char *world, int argc, char *const *argv)
{
	bool named = argc < 2;

	for (int i = 1; i < argc; i++)
		named = named || strcmp(argv[i], world) == 0;
	return named;
}

/* What the table has must have been shown, but for what needs a ledger that runs. */
static void
check_counts(bool all_worlds)
{
	if (all_worlds && counts.cases + counts.left_out != table.case_count) {
		failures++;
		printf("%zu cases are of worlds that were not run\n",
		    table.case_count - counts.cases - counts.left_out);
	}
	printf("%s: %zu cases in %zu worlds; %zu again, with mark and ledger on; %zu need a running ledger and were "
	    "left out; %u failures\n", attack_face.name, counts.cases, counts.worlds, counts.again, counts.left_out,
	    failures);
}

int
main(int argc, char **argv)
{
	struct maker_world_settings settings = { .user = "nobody" };
	int64_t now_s = attack_face.chooses_time ? CHOSEN_NOW_S : time(NULL);

	parse_table();
	check_reasons();
	if (mkdtemp(world_dir) == NULL || atexit(remove_world) != 0)
		attack_fail("no temporary folder");
	settings.now_s = now_s;
	if (attack_face.choose_listen != NULL)
		settings.listen = attack_face.choose_listen();
	maker_world_make(world_dir, &settings);
	for (size_t i = 0; i < table.world_count; i++)
		if (is_named(table.worlds[i].name, argc, argv))
			run_world(&table.worlds[i], now_s);
	check_counts(argc < 2);
	free(table.text);
	return failures == 0 ? 0 : 1;
}
