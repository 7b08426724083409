/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each decision is counted once under its reason and in one bucket; the text names only what is known.
 */
#include "daemon/gate/gate.h"
#include "daemon/gate/metrics.h"
#include "lib/trust/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEXT_MAX ((size_t)1024 * 1024)

static void
want_no_segment(void *ctx)
{
	(void)ctx;
}

static void
hear_no_alarm(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

/* The page of a gate with one service and one key, after some decisions. */
static char *
make_page(struct gate *gate, const struct gate_view *view)
{
	static const struct mm_journal_hooks hooks = { want_no_segment, hear_no_alarm, NULL };
	struct mm_buf page;
	size_t len;
	char *text;

	gate->journal = mm_journal_open("gate", MM_JOURNAL_BEFORE_ANSWER, &hooks);
	assert_non_null(gate->journal);
	mm_buf_init(&page, TEXT_MAX);
	gate_metrics_write(gate, view, 1000, &page);
	mm_buf_add_u8(&page, '\0');
	text = mm_buf_take(&page, &len);
	assert_non_null(text);
	assert_true(mm_journal_close(&gate->journal));
	return text;
}

static void
assert_line(const char *page, const char *line)
{
	if (strstr(page, line) == NULL)
		fail_msg("not on the page: %s\n%s", line, page);
}

static void
the_page_tells_what_was_counted(void **state)
{
	static const struct mm_realm realm = { .name = { "enter\"prise", 11 } };
	static const struct mm_key key = { .kid = { "a\\b\n\r\"", 6 }, .realm = &realm, .standing = MM_KEY_USABLE,
		.signs_from_s = 400, .signs_until_s = 2000, .verify_until_s = 3000 };
	static const struct mm_service service = { .name = { "imap", 4 } };
	static const struct mm_trust trust = { .epoch = 42, .keys = &key, .key_count = 1, .services = &service,
		.service_count = 1 };
	static struct gate gate;
	struct gate_view view = { .trust = (struct mm_trust *)(uintptr_t)&trust };
	struct gate_service_metrics *counted = gate_metrics_service(&gate.metrics, service.name);
	char *page;

	(void)state;
	assert_non_null(counted);
	assert_ptr_equal(gate_metrics_service(&gate.metrics, mm_slice_str("imap")), counted);
	view.services = &counted;
	gate_metrics_count_decision(counted, MM_OK, 10 * 1000);
	gate_metrics_count_decision(counted, MM_OK, 10 * 1000 + 1);
	gate_metrics_count_decision(counted, MM_EXPIRED, UINT64_C(60) * 1000 * 1000);
	gate_metrics_count_refused_caller(counted);
	page = make_page(&gate, &view);
	assert_line(page, "mintmark_decisions_total{service=\"imap\",verdict=\"allow\",reason=\"OK\"} 2\n");
	assert_line(page, "mintmark_decisions_total{service=\"imap\",verdict=\"deny\",reason=\"EXPIRED\"} 1\n");
	assert_line(page, "mintmark_decision_seconds_bucket{service=\"imap\",le=\"1e-05\"} 1\n");
	assert_line(page, "mintmark_decision_seconds_bucket{service=\"imap\",le=\"2e-05\"} 2\n");
	assert_line(page, "mintmark_decision_seconds_bucket{service=\"imap\",le=\"0.05\"} 2\n");
	assert_line(page, "mintmark_decision_seconds_bucket{service=\"imap\",le=\"+Inf\"} 3\n");
	assert_line(page, "mintmark_decision_seconds_sum{service=\"imap\"} 0.060020001\n");
	assert_line(page, "mintmark_decision_seconds_count{service=\"imap\"} 3\n");
	assert_line(page, "mintmark_caller_refused_total{service=\"imap\"} 1\n");
	assert_line(page, "mintmark_key_age_seconds{realm=\"enter\\\"prise\",kid=\"a\\\\b\\n?\\\"\"} 600\n");
	assert_line(page, "mintmark_key_state{realm=\"enter\\\"prise\",kid=\"a\\\\b\\n?\\\"\",state=\"active\"} 1\n");
	assert_line(page, "mintmark_findings_total{kind=\"key_material\"} 0\n");
	assert_line(page, "mintmark_trust_epoch 42\n");
	assert_line(page, "mintmark_journal_ready 0\n");
	free(page);
	gate_metrics_clear(&gate.metrics);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_tells_what_was_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
