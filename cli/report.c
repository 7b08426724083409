/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling an answer.
 */
#include "cli/report.h"

#include "cli/hint.h"
#include "cli/terminal.h"
#include "cli/when.h"
#include "lib/base/array.h"

#include <stdio.h>

/* Text facts, in the order in which they are told. */
#define TEXT_FACTS_MAX 18

/* Columns of the facts' names. */
#define NAME_COLUMNS 14

struct text_fact {
	const char *member; /* in JSON */
	const char *name;   /* for people */
	struct mm_slice value;
};

static struct mm_slice
mailbox_of(const struct mm_answer *answer)
{
	/* What a denied token would open is nobody's to use. */
	return answer->allowed ? answer->facts->mailbox : MM_SLICE_ABSENT;
}

static size_t
list_facts(const struct mm_answer *answer, struct text_fact list[TEXT_FACTS_MAX])
{
	const struct mm_facts *facts = answer->facts;
	const struct text_fact all[] = {
		{ "service", "service", answer->request.service->name },
		{ "realm", "realm", facts->realm == NULL ? MM_SLICE_ABSENT : facts->realm->name },
		{ "kid", "kid", facts->kid },
		{ "thumbprint", "key thumbprint", facts->key == NULL ? MM_SLICE_ABSENT : facts->key->thumbprint_text },
		{ "alg", "algorithm", facts->alg },
		{ "issuer", "issuer", facts->issuer },
		{ "tenant", "tenant", facts->tenant == NULL ? MM_SLICE_ABSENT : facts->tenant->name },
		{ "tenant_id", "tenant id", facts->tenant_id },
		{ "subject", "subject", facts->subject },
		{ "client", "client", facts->client },
		{ "jti", "token id", facts->token_id },
		{ "session", "session", facts->session },
		{ "parent", "made from", facts->parent },
		{ "root", "root", facts->root },
		{ "audience", "audience", facts->audience },
		{ "scope", "scope", facts->scope },
		{ "mailbox", "mailbox", mailbox_of(answer) },
		{ "mailbox_asked", "mailbox asked", answer->request.mailbox },
	};
	size_t count = 0;

	_Static_assert(MM_COUNT_OF(all) == TEXT_FACTS_MAX, "every fact has its place");
	for (size_t i = 0; i < TEXT_FACTS_MAX; i++) {
		if (mm_slice_present(all[i].value))
			list[count++] = all[i];
	}
	return count;
}

struct time_fact {
	const char *member;
	const char *name;
	int64_t time_s; /* 0: not stated */
};

#define TIME_FACTS 4

static void
list_times(const struct mm_answer *answer, struct time_fact list[TIME_FACTS])
{
	list[0] = (struct time_fact){ "iat", "issued", answer->facts->iat_s };
	list[1] = (struct time_fact){ "nbf", "valid from", answer->facts->nbf_s };
	list[2] = (struct time_fact){ "exp", "expires", answer->facts->exp_s };
	list[3] = (struct time_fact){ "at", "decided for", answer->request.now_s };
}

/* What was asked for that no gate is ever asked. */
struct asked {
	const char *option;
	bool given;
};

#define ASKED_COUNT 3

static void
list_asked(const struct mm_question *question, struct asked list[ASKED_COUNT])
{
	list[0] = (struct asked){ "--at", question->at != NULL };
	list[1] = (struct asked){ "--no-mark", question->no_mark };
	list[2] = (struct asked){ "--no-ledger", question->no_ledger };
}

/* ---- for people ---- */

void
mm_report_print_verdict(const struct mm_answer *answer)
{
	mm_terminal_begin(stdout, answer->allowed ? MM_STYLE_GOOD : MM_STYLE_BAD);
	fputs(answer->allowed ? "allowed" : "denied", stdout);
	mm_terminal_end(stdout);
	printf(": %s: %s\n", mm_reason_code(answer->reason), mm_reason_text(answer->reason));
}

static void
print_name(const char *name)
{
	printf("  %-*s  ", NAME_COLUMNS, name);
}

static void
print_times(const struct mm_answer *answer)
{
	struct time_fact times[TIME_FACTS];
	char when[MM_WHEN_MAX], relative[MM_WHEN_MAX];

	list_times(answer, times);
	for (size_t i = 0; i < TIME_FACTS; i++) {
		if (times[i].time_s == 0)
			continue;
		mm_when_format(times[i].time_s, when);
		mm_when_format_relative(times[i].time_s, answer->request.now_s, relative);
		print_name(times[i].name);
		printf("%s%s%s\n", when, times[i].time_s == answer->request.now_s ? "" : ", ",
		    times[i].time_s == answer->request.now_s ? "" : relative);
	}
}

static void
print_asked(const struct mm_question *question)
{
	struct asked asked[ASKED_COUNT];

	list_asked(question, asked);
	for (size_t i = 0; i < ASKED_COUNT; i++) {
		if (!asked[i].given)
			continue;
		print_name("asked with");
		printf("%s\n", asked[i].option);
	}
}

void
mm_report_print_facts(const struct mm_question *question, const struct mm_answer *answer)
{
	struct text_fact list[TEXT_FACTS_MAX];
	size_t count = list_facts(answer, list);

	printf("\nfacts (%s)\n", answer->facts->verified ? "verified: the signature held" :
	    "only claimed: no signature was found to hold, so anybody may have written them");
	for (size_t i = 0; i < count; i++) {
		print_name(list[i].name);
		mm_terminal_put(stdout, list[i].value, SIZE_MAX);
		fputc('\n', stdout);
	}
	print_times(answer);
	print_name("proof");
	printf("%s\n", mm_issuance_name(answer->facts->issuance));
	print_asked(question);
}

static void
find_hints(const struct mm_answer *answer, struct mm_hints *hints)
{
	const struct mm_hint_matter matter = { answer->trust, &answer->request, answer->facts };

	mm_hints_init(hints);
	if (!answer->allowed)
		mm_hints_of_reason(hints, answer->reason, &matter);
}

void
mm_report_print_mend(const struct mm_answer *answer)
{
	struct mm_hints hints;

	if (answer->allowed)
		return;
	fputs("\nwhat to do\n  - ", stdout);
	mm_terminal_put_wrapped(stdout, mm_slice_str(mm_reason_mend(answer->reason)), 4);
	find_hints(answer, &hints);
	mm_hints_print(&hints, stdout);
	mm_hints_clear(&hints);
}

/* ---- for programs ---- */

static void
write_facts(struct mm_json_writer *writer, const struct mm_answer *answer)
{
	struct text_fact list[TEXT_FACTS_MAX];
	struct time_fact times[TIME_FACTS];
	size_t count = list_facts(answer, list);

	mm_json_add_str(writer, "facts", answer->facts->verified ? "verified" : "claimed");
	for (size_t i = 0; i < count; i++)
		mm_json_add_slice(writer, list[i].member, list[i].value);
	list_times(answer, times);
	for (size_t i = 0; i < TIME_FACTS; i++) {
		if (times[i].time_s != 0)
			mm_json_add_int(writer, times[i].member, times[i].time_s);
	}
}

static void
write_asked(struct mm_json_writer *writer, const struct mm_question *question)
{
	struct asked asked[ASKED_COUNT];

	list_asked(question, asked);
	mm_json_begin_array(writer, "asked");
	for (size_t i = 0; i < ASKED_COUNT; i++) {
		if (asked[i].given)
			mm_json_add_str(writer, NULL, asked[i].option);
	}
	mm_json_end_array(writer);
}

void
mm_report_write(struct mm_json_writer *writer, const struct mm_question *question, const struct mm_answer *answer)
{
	struct mm_hints hints;

	mm_json_add_str(writer, "verdict", answer->allowed ? "allow" : "deny");
	mm_json_add_str(writer, "reason", mm_reason_code(answer->reason));
	mm_json_add_str(writer, "text", mm_reason_text(answer->reason));
	mm_json_add_str(writer, "mend", mm_reason_mend(answer->reason));
	mm_json_add_str(writer, "proof", mm_issuance_name(answer->facts->issuance));
	mm_json_add_int(writer, "epoch", (int64_t)mm_trust_epoch(answer->trust));
	write_facts(writer, answer);
	write_asked(writer, question);
	find_hints(answer, &hints);
	mm_hints_write(&hints, writer);
	mm_hints_clear(&hints);
}

bool
mm_report_print_json(struct mm_buf *buf)
{
	bool whole = mm_buf_ok(buf);

	if (whole) {
		fwrite(buf->data, 1, buf->len, stdout);
		fputc('\n', stdout);
	}
	mm_buf_clear(buf);
	return whole;
}
