/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with a running mintmarkd, by what its status says.
 */
#include "cli/status_trouble.h"

#include "lib/base/array.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A status in which nothing is wrong but what a test puts into it. */
#define STATUS(configuration, processes, gates, sources, problems)                                               \
	"{\"now\":1000,\"epoch\":5,\"configuration\":{" configuration "},\"processes\":[" processes "],"          \
	"\"gates\":[" gates "],\"sources\":[" sources "],\"problems\":[" problems "]}"
#define GATE(more) "{\"name\":\"g\",\"epoch\":5,\"told\":999,\"state\":{" more "}}"
#define SOURCE(more) "{\"realms\":[\"a\",\"b\"],\"kind\":\"jwks\",\"fetched\":940" more "}"

static void
check(const char *line, const char *wanted)
{
	static struct mm_answer_object status;
	size_t len = 0;
	char *text = NULL;
	FILE *stream = open_memstream(&text, &len);
	bool good;

	assert_non_null(stream);
	assert_true(mm_answer_read(mm_slice_str(line), &status));
	good = mm_status_put_troubles(stream, &status);
	fclose(stream);
	assert_string_equal(text, wanted);
	assert_int_equal(good, strcmp(wanted, "  nothing is wrong\n") == 0);
	assert_int_equal(mm_status_put_troubles(NULL, &status), good);
	free(text);
}

static void
test_each(void **state)
{
	static const struct {
		const char *status, *wanted;
	} rows[] = {
		{ "{}", "  nothing is wrong\n" },
		{ STATUS("", "{\"name\":\"gate\",\"running\":true}", GATE(""), SOURCE(""),
		    "{\"class\":\"remark\",\"where\":\"f\",\"text\":\"t\"}"), "  nothing is wrong\n" },
		{ STATUS("\"reload\":{\"time\":1,\"done\":true}", "", "", "", ""), "  nothing is wrong\n" },
		{ STATUS("", "{\"name\":\"gate\",\"running\":false}", "", "", ""),
		    "  ! gate does not run: see the log of mintmarkd\n" },
		{ STATUS("", "{\"name\":\"ledger\",\"running\":true,\"state\":{\"kept\":{\"days_left\":14}}}",
		    "", "", ""), "  nothing is wrong\n" },
		{ STATUS("", "{\"name\":\"ledger\",\"running\":true,\"state\":{\"kept\":{\"days_left\":13,"
		         "\"fault\":\"f\"}}}", "", "", ""),
		    "  ! ledger: its disk is full in 13 days at the present rate, and then no token is issued: give it "
		    "more room, or shorten 'ledger_keep'\n  ! ledger: its oldest records stay: f\n" },
		{ STATUS("", "{\"name\":\"verifier\",\"realm\":\"a\",\"running\":true,\"state\":"
		         "{\"revocations_owed\":2,\"revocations_owed_since\":940}}", "", "", ""),
		    "  ! verifier of realm a: the ledger does not take 2 revocations, since 1 min ago: gates may go on "
		    "with those tokens\n" },
		{ STATUS("", "{\"name\":\"verifier\",\"running\":true,\"state\":"
		         "{\"revocations_owed\":2,\"revocations_owed_since\":997}}", "", "", ""),
		    "  nothing is wrong\n" },
		{ STATUS("\"reload\":{\"time\":940,\"done\":false,\"problems\":["
		         "{\"class\":\"error\",\"where\":\"m.conf\",\"line\":7,\"text\":\"it is wrong\"},"
		         "{\"class\":\"remark\",\"text\":\"x\"}]}", "", "", "", ""),
		    "  ! the last reload, 1 min ago, was refused; the configuration before it is in use\n"
		    "      m.conf:7: it is wrong\n" },
		{ STATUS("", "{\"name\":\"ledger\",\"running\":true,\"state\":{\"keys\":{\"a\":{\"alarms\":[\"none\"],"
		             "\"nothing_signs\":true,\"signs_next_at\":8200}}}}", "", "", ""),
		    "  ! keys of realm a: none\n"
		    "  ! keys of realm a: the next one signs in 2 h, when it was published for publish_before; "
		    "'mintmark key rotate --now a' has it sign at once\n" },
		{ STATUS("", "{\"name\":\"ledger\",\"running\":true,\"state\":{\"keys\":{\"a\":{\"alarms\":[],"
		             "\"nothing_signs\":true,\"signs_next_at\":1010}}}}", "", "", ""), "  nothing is wrong\n" },
		{ "{\"unreachable\":[{\"realm\":\"a\",\"address\":\"127.0.0.1:1\",\"why\":\"in use: stop it\"}]}",
		    "  ! issuer of realm a: cannot listen on 127.0.0.1:1, which is tried again: in use: stop it\n" },
		{ STATUS("", "", "{\"name\":\"g\",\"epoch\":4}", "", ""),
		    "  ! gate g: still decides by an older trust than that of epoch 5\n" },
		{ STATUS("", "", "{\"name\":\"g\",\"epoch\":5,\"told\":900}", "", ""),
		    "  ! gate g: has said nothing for 100 s\n" },
		{ STATUS("", "", GATE("\"journal\":{\"ready\":false}"), "", ""),
		    "  ! gate g: cannot write its journal, so it allows nothing: is the disk full?\n" },
		{ STATUS("", "", GATE("\"autopsies\":{\"proofs\":1,\"dropped\":0}"), "", ""),
		    "  ! gate g: 1 token is proven to be signed by who holds a key that is not his: "
		    "'mintmark autopsies'\n" },
		{ STATUS("", "", GATE("\"autopsies\":{\"proofs\":0,\"dropped\":12}"), "", ""),
		    "  ! gate g: 12 refused tokens were too many to be examined: an evidence gap\n" },
		{ STATUS("", "", GATE("\"refused\":[{\"realm\":\"a\",\"why\":\"no good key is known\"},"
		    "{\"realm\":\"b\",\"why\":\"no\"}]"), "", ""),
		    "  ! gate g: all tokens of realm a are refused: no good key is known\n"
		    "  ! gate g: all tokens of realm b are refused: no\n" },
		{ STATUS("", "", GATE("\"refused\":[]"), "", ""), "  nothing is wrong\n" },
		{ STATUS("", "", "", SOURCE(",\"failures\":3,\"text\":\"connection refused\""), ""),
		    "  ! keys of realm a, b: 3 fetches failed: connection refused; in use is what came 1 min ago\n" },
		{ STATUS("", "", "", "{\"realms\":[\"a\"],\"kind\":\"jwks\",\"failures\":1,\"text\":\"no\"}", ""),
		    "  ! keys of realm a: 1 fetch failed: no; they never could be fetched\n" },
		{ STATUS("", "", "", "{\"realms\":[\"a\"],\"kind\":\"jwks\"}", ""),
		    "  ! keys of realm a: not fetched yet\n" },
		{ STATUS("", "", "", "{\"realms\":[\"a\"],\"kind\":\"file\"}", ""), "  nothing is wrong\n" },
		{ STATUS("", "", "", SOURCE(",\"dropped\":2"), ""),
		    "  ! keys of realm a, b: 2 of the document are not good, and dropped\n" },
		{ STATUS("", "", "", "", "{\"class\":\"alarm\",\"where\":\"k.jwks\",\"text\":\"two realms\"}"),
		    "  ! k.jwks: two realms\n" },
		/* What strangers named does not reach the terminal as it is. */
		{ STATUS("", "", "", SOURCE(",\"failures\":1,\"text\":\"\\u001b[2J\\n\""), ""),
		    "  ! keys of realm a, b: 1 fetch failed: \\u001b[2J\\u000a; in use is what came 1 min ago\n" },
	};

	(void)state;
	setlocale(LC_ALL, "C");
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++)
		check(rows[i].status, rows[i].wanted);
}

/* The worst first. */
static void
test_order(void **state)
{
	(void)state;
	check(STATUS("\"reload\":{\"time\":1000,\"done\":false}", "{\"name\":\"desk\",\"running\":false}",
	          GATE("\"autopsies\":{\"proofs\":2,\"dropped\":1}"), SOURCE(",\"dropped\":1"), ""),
	    "  ! gate g: 2 tokens are proven to be signed by who holds a key that is not his: 'mintmark autopsies'\n"
	    "  ! desk does not run: see the log of mintmarkd\n"
	    "  ! the last reload, now, was refused; the configuration before it is in use\n"
	    "  ! keys of realm a, b: 1 of the document are not good, and dropped\n"
	    "  ! gate g: 1 refused token was too many to be examined: an evidence gap\n");
}

/* What has other types than it should is as good as absent. */
static void
test_odd(void **state)
{
	static const char *const lines[] = {
		"{\"gates\":1,\"processes\":{},\"sources\":\"x\",\"problems\":[1,null,[],\"\"],\"configuration\":[]}",
		"{\"gates\":[{\"state\":[]}],\"sources\":[{\"realms\":7,\"kind\":\"file\"}]}",
		"{\"now\":\"x\",\"epoch\":-1,\"gates\":[{\"epoch\":true}]}",
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(lines); i++)
		check(lines[i], "  nothing is wrong\n");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
