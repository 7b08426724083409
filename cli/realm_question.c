/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions about a mint's users, clients and tenants.
 */
#include "cli/realm_question.h"

#include "cli/terminal.h"
#include "cli/when.h"
#include "engine/config.h"
#include "lib/base/array.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TITLE_COLUMNS 18

/* Twice the longest question, so that what is too long is refused where it is understood. */
#define QUESTION_MAX 65536

/* ---- asking ---- */

/* Help is asked for behind a verb, too. */
static bool
wants_help(int argc, char **argv)
{
	return argc == 3 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
}

static bool
begin(struct mm_realm_question *question, const struct mm_command *command, int argc, char **argv)
{
	static const char *const verbs[] = { "list", "show", "add", "change", "disable" };

	*question = (struct mm_realm_question){ .command = command, .target = { MM_CONFIG_PATH_DEFAULT, NULL } };
	for (size_t i = 0; argc > 1 && i < MM_COUNT_OF(verbs); i++)
		if (strcmp(argv[1], verbs[i]) == 0)
			question->verb = verbs[i];
	if (question->verb != NULL)
		return true;
	mm_command_usage_error(command, "say what: list, show, add, change or disable");
	return false;
}

/* Take an option that every question has. False: it is another one. */
static bool
take_option(struct mm_realm_question *question, int option, const char *argument)
{
	switch (option) {
	case 'c':
		question->target.config_path = argument;
		return true;
	case 'S':
		question->target.socket_path = argument;
		return true;
	case 'J':
		question->json = true;
		return true;
	default:
		return false;
	}
}

bool
mm_realm_question_is(const struct mm_realm_question *question, const char *verb)
{
	return strcmp(question->verb, verb) == 0;
}

/* What does not belong to the verb is an error, not nothing. */
static int
check_options(const struct mm_realm_question *question, const struct mm_realm_kind *kind, const void *options)
{
	bool adds = mm_realm_question_is(question, "add"), changes = mm_realm_question_is(question, "change");
	int status = kind->check(question, options);

	if (status != MM_EXIT_DONE)
		return status;
	if (changes && !kind->says_what(options))
		return mm_command_usage_error(question->command, "say what to change");
	if (!adds && !changes && kind->says_what(options))
		return mm_command_usage_error(question->command, "'%s' changes nothing of that", question->verb);
	return MM_EXIT_DONE;
}

/* What stands beside the options. */
static int
take_names(struct mm_realm_question *question, int argc, char **argv)
{
	int rest = argc - optind;
	bool lists = mm_realm_question_is(question, "list");

	if (rest < 1)
		return mm_command_usage_error(question->command, "the realm is missing");
	if (rest != (lists ? 1 : 2))
		return mm_command_usage_error(question->command, lists ? "'list' takes no name" : "one name is needed");
	question->realm = argv[optind];
	question->whom = lists ? NULL : argv[optind + 1];
	return MM_EXIT_DONE;
}

static int
parse(struct mm_realm_question *question, const struct mm_realm_kind *kind, int argc, char **argv, void *options)
{
	int option, status;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":c:", kind->options, NULL)) != -1)
		if (!take_option(question, option, optarg) && !kind->take_option(options, option, optarg))
			return mm_command_option_error(question->command, option, argv);
	status = check_options(question, kind, options);
	return status == MM_EXIT_DONE ? take_names(question, argc, argv) : status;
}

bool
mm_realm_question_add_word(char *list, size_t size, const char *word)
{
	size_t len = strlen(list);
	int written = snprintf(list + len, size - len, "%s%s", len > 0 ? " " : "", word);

	return written >= 0 && (size_t)written < size - len;
}

/* The answer for programs; a secret is its first member. */
static void
print_json(struct mm_slice line, const char *secret)
{
	if (secret == NULL || line.len < 2 || line.ptr[0] != '{')
		printf("%.*s\n", (int)line.len, line.ptr);
	else
		printf("{\"secret\":\"%s\",%.*s\n", secret, (int)line.len - 1, line.ptr + 1);
}

static int
tell(const struct mm_realm_question *question, struct mm_slice line, mm_realm_print *print)
{
	static struct mm_answer_object answer;
	bool read = mm_answer_read(line, &answer);

	if (!read || !mm_answer_flag(&answer, "done", false)) {
		fprintf(stderr, "mintmark %s: the answer cannot be read\n", question->command->name);
		return MM_EXIT_DENIED;
	}
	if (question->json)
		print_json(line, question->secret);
	else
		print(&answer);
	if (!question->json && question->secret != NULL)
		printf("secret, shown this once and kept nowhere: %s\n", question->secret);
	return MM_EXIT_DONE;
}

static void
write_head(struct mm_realm_question *question, const char *member)
{
	char ask[32];

	(void)snprintf(ask, sizeof(ask), "%s-%s", question->command->name, question->verb);
	mm_json_writer_init(&question->writer, &question->text);
	mm_json_begin_object(&question->writer, NULL);
	mm_json_add_str(&question->writer, "ask", ask);
	mm_json_add_str(&question->writer, "realm", question->realm);
	mm_json_add_str(&question->writer, member, question->whom);
}

static int
ask(struct mm_realm_question *question, const struct mm_realm_kind *kind, void *options)
{
	bool lists = mm_realm_question_is(question, "list");
	struct mm_control control = { .stream = NULL };
	struct mm_slice line;
	int status;

	write_head(question, kind->member);
	status = kind->write(question, options);
	mm_json_end_object(&question->writer);
	if (status == MM_EXIT_DONE)
		status = mm_control_ask_once(&control, question->command, &question->target, &question->text, &line);
	if (status == MM_EXIT_DONE)
		status = tell(question, line, lists ? kind->print_list : kind->print_one);
	mm_control_close(&control);
	return status;
}

int
mm_realm_question_run(const struct mm_command *command, const struct mm_realm_kind *kind, int argc, char **argv,
    void *options)
{
	struct mm_realm_question question;
	int status;

	if (wants_help(argc, argv))
		return mm_command_print_help(command);
	if (!begin(&question, command, argc, argv))
		return MM_EXIT_USAGE;
	status = parse(&question, kind, argc - 1, argv + 1, options);
	if (status != MM_EXIT_DONE)
		return status;
	mm_buf_init(&question.text, QUESTION_MAX);
	status = ask(&question, kind, options);
	mm_buf_clear(&question.text);
	return status;
}

/* ---- answers ---- */

static void
put_title(const char *title)
{
	mm_terminal_put_padded(stdout, mm_slice_str(title), TITLE_COLUMNS);
}

void
mm_realm_answer_text(const struct mm_answer_object *object, const char *title, const char *member)
{
	struct mm_slice text = mm_answer_text(object, member);

	if (!mm_slice_present(text) || text.len == 0)
		return;
	put_title(title);
	mm_terminal_put(stdout, text, SIZE_MAX);
	fputc('\n', stdout);
}

void
mm_realm_answer_list(const struct mm_answer_object *object, const char *title, const char *member)
{
	struct mm_json_value list = mm_answer_array(object, member), word;
	size_t position = 0;

	while (mm_json_next(list, &position, &word)) {
		put_title(title);
		mm_terminal_put(stdout, mm_answer_text_of(word), SIZE_MAX);
		fputc('\n', stdout);
		title = "";
	}
}

size_t
mm_realm_answer_each(const struct mm_answer_object *answer, const char *member, mm_realm_print *print)
{
	static struct mm_answer_object object;
	struct mm_json_value list = mm_answer_array(answer, member), one;
	size_t position = 0, count = 0;

	for (; mm_json_next(list, &position, &one); count++)
		if (mm_answer_element(one, &object))
			print(&object);
	return count;
}

static void
put_words(struct mm_json_value list)
{
	struct mm_json_value word;
	size_t position = 0;

	while (mm_json_next(list, &position, &word)) {
		fputc(' ', stdout);
		mm_terminal_put(stdout, mm_answer_text_of(word), SIZE_MAX);
	}
}

static void
put_change(const struct mm_answer_object *change)
{
	char when[MM_WHEN_MAX];

	mm_when_format(mm_answer_number(change, "time", 0), when);
	printf("%s  uid %" PRId64 "  ", when, mm_answer_number(change, "uid", 0));
	mm_terminal_put(stdout, mm_answer_text(change, "verb"), SIZE_MAX);
	put_words(mm_answer_array(change, "what"));
	fputc('\n', stdout);
}

static void
put_changes(const struct mm_answer_object *answer)
{
	static struct mm_answer_object change;
	struct mm_json_value list = mm_answer_array(answer, "changes"), one;
	const char *title = "changed";
	size_t position = 0;

	while (mm_json_next(list, &position, &one)) {
		if (!mm_answer_element(one, &change))
			continue;
		put_title(title);
		put_change(&change);
		title = "";
	}
}

void
mm_realm_answer_changed(const struct mm_answer_object *answer, const char *member, mm_realm_print *print)
{
	static struct mm_answer_object object;

	if (!mm_answer_object(answer, member, &object))
		return;
	print(&object);
	put_changes(answer);
}
