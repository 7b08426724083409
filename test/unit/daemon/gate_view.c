/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view lives as long as somebody uses it and no longer, under threads that take views while others replace them; a
 * service's counters go on over views.
 */
#include "daemon/gate/view.h"
#include "lib/base/array.h"
#include "lib/trust/trust.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct mm_trust *
make_trust(uint64_t epoch, const char *service)
{
	static const char *const realms[] = { "r", NULL };
	const struct mm_realm_settings realm = { .name = "r", .issuer = "https://login.example/r", .keys = "d" };
	const struct mm_service_settings settings = { .name = service, .audience = "a", .realms = realms };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	struct mm_trust *trust;
	void *snapshot;
	size_t len;

	assert_non_null(builder);
	assert_true(mm_trust_builder_add_document(builder, "d", mm_slice_str("{\"keys\":[]}"), MM_DOCUMENT_FETCHED));
	assert_true(mm_trust_builder_add_realm(builder, &realm));
	assert_true(mm_trust_builder_add_service(builder, &settings));
	assert_true(mm_trust_builder_compile(builder, epoch, NULL, NULL, &snapshot, &len));
	trust = mm_trust_load(snapshot, len, NULL);
	assert_non_null(trust);
	free(snapshot);
	mm_trust_builder_free(&builder);
	return trust;
}

static struct gate_view *
make_view(struct gate_metrics *metrics, uint64_t epoch, const char *service)
{
	struct gate_view *view = gate_view_new();

	assert_non_null(view);
	view->trust = make_trust(epoch, service);
	assert_true(gate_view_complete(view, metrics));
	return view;
}

static bool
is_woken(const struct gate_views *views)
{
	struct pollfd wake = { views->wake_fd, POLLIN, 0 };

	return poll(&wake, 1, 0) == 1;
}

static void
a_view_lives_until_its_last_user_gave_it_back(void **state)
{
	static struct gate_views views;
	struct gate_metrics metrics = { 0 };
	const struct gate_view *first, *again, *second;

	(void)state;
	assert_true(gate_views_init(&views, make_view(&metrics, 1, "s")));
	first = gate_views_take(&views);
	again = gate_views_take(&views);
	assert_ptr_equal(first, again);
	gate_views_give_back(&views, again);
	assert_true(gate_views_replace(&views, make_view(&metrics, 2, "s")));
	assert_int_equal(gate_views_sweep(&views), 1);
	assert_int_equal(mm_trust_epoch(first->trust), 1);
	second = gate_views_take(&views);
	assert_int_equal(mm_trust_epoch(second->trust), 2);
	assert_false(is_woken(&views));
	gate_views_give_back(&views, first);
	assert_true(is_woken(&views));
	assert_int_equal(gate_views_sweep(&views), 2);
	gate_views_give_back(&views, second);
	/* Nobody uses the one that is replaced: it ends at once. */
	assert_true(gate_views_replace(&views, make_view(&metrics, 3, "s")));
	assert_int_equal(gate_views_sweep(&views), 3);
	gate_views_clear(&views);
	gate_metrics_clear(&metrics);
}

static void
the_oldest_view_in_use_says_the_epoch(void **state)
{
	static struct gate_views views;
	struct gate_metrics metrics = { 0 };
	const struct gate_view *first, *third;

	(void)state;
	assert_true(gate_views_init(&views, make_view(&metrics, 1, "s")));
	first = gate_views_take(&views);
	assert_true(gate_views_replace(&views, make_view(&metrics, 2, "s")));
	assert_true(gate_views_replace(&views, make_view(&metrics, 3, "s")));
	third = gate_views_take(&views);
	assert_true(gate_views_replace(&views, make_view(&metrics, 4, "s")));
	assert_int_equal(gate_views_sweep(&views), 1);
	gate_views_give_back(&views, first);
	assert_int_equal(gate_views_sweep(&views), 3);
	gate_views_give_back(&views, third);
	assert_int_equal(gate_views_sweep(&views), 4);
	gate_views_clear(&views);
	gate_metrics_clear(&metrics);
}

static void
too_many_views_in_use_are_refused(void **state)
{
	static struct gate_views views;
	static const struct gate_view *taken[GATE_VIEWS_MAX];
	struct gate_metrics metrics = { 0 };
	struct gate_view *one_more;

	(void)state;
	assert_true(gate_views_init(&views, make_view(&metrics, 1, "s")));
	for (size_t i = 0; i < GATE_VIEWS_MAX; i++) {
		taken[i] = gate_views_take(&views);
		if (i + 1 < GATE_VIEWS_MAX)
			assert_true(gate_views_replace(&views, make_view(&metrics, i + 2, "s")));
	}
	one_more = make_view(&metrics, GATE_VIEWS_MAX + 1, "s");
	assert_false(gate_views_replace(&views, one_more));
	gate_views_give_back(&views, taken[7]);
	assert_int_equal(gate_views_sweep(&views), 1);
	assert_true(gate_views_replace(&views, one_more));
	gate_views_clear(&views);
	gate_metrics_clear(&metrics);
}

static void
counters_go_on_over_views(void **state)
{
	struct gate_metrics metrics = { 0 };
	struct gate_view *first = make_view(&metrics, 1, "imap"), *second = make_view(&metrics, 2, "web");
	struct gate_view *third = make_view(&metrics, 3, "imap");

	(void)state;
	assert_ptr_not_equal(first->services[0], second->services[0]);
	assert_ptr_equal(first->services[0], third->services[0]);
	assert_ptr_equal(gate_view_service_metrics(third, &third->trust->services[0]), third->services[0]);
	gate_view_free(&first);
	gate_view_free(&second);
	assert_string_equal(third->services[0]->name, "imap");
	gate_view_free(&third);
	gate_metrics_clear(&metrics);
}

/* ---- threads ---- */

#define USERS 4
#define REPLACEMENTS 300

static struct gate_views shared;
static _Atomic bool ended;

/* What is taken is whole and never older than what this thread had before. */
static void *
use_views(void *result)
{
	uint64_t last = 0, *uses = result;

	while (!atomic_load(&ended)) {
		const struct gate_view *view = gate_views_take(&shared);
		uint64_t epoch = mm_trust_epoch(view->trust);
		const struct mm_service *service = mm_trust_find_service(view->trust, mm_slice_str("s"));

		if (epoch < last || service == NULL || gate_view_service_metrics(view, service) != view->services[0])
			abort();
		last = epoch;
		++*uses;
		gate_views_give_back(&shared, view);
	}
	return NULL;
}

static void
views_are_replaced_under_threads(void **state)
{
	struct gate_metrics metrics = { 0 };
	pthread_t threads[USERS];
	uint64_t uses[USERS] = { 0 }, oldest = 0;

	(void)state;
	assert_true(gate_views_init(&shared, make_view(&metrics, 1, "s")));
	for (size_t i = 0; i < USERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_views, &uses[i]), 0);
	for (uint64_t epoch = 2; epoch <= REPLACEMENTS; epoch++) {
		struct gate_view *view = make_view(&metrics, epoch, "s");

		while (!gate_views_replace(&shared, view))
			(void)gate_views_sweep(&shared);
		assert_true(gate_views_sweep(&shared) >= oldest);
		oldest = gate_views_sweep(&shared);
	}
	atomic_store(&ended, true);
	for (size_t i = 0; i < USERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(gate_views_sweep(&shared), REPLACEMENTS);
	gate_views_clear(&shared);
	gate_metrics_clear(&metrics);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_view_lives_until_its_last_user_gave_it_back),
		cmocka_unit_test(the_oldest_view_in_use_says_the_epoch),
		cmocka_unit_test(too_many_views_in_use_are_refused),
		cmocka_unit_test(counters_go_on_over_views),
		cmocka_unit_test(views_are_replaced_under_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
