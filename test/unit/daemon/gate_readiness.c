/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a gate could allow anything: what one realm lacks is its own affair.
 */
#include "daemon/gate/readiness.h"
#include "lib/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S 1000000

enum { HOME, PATIENT, OUT };

static struct mm_realm realms[3];
static struct mm_key keys[3];
static const struct mm_realm *const accepted[] = { &realms[HOME], &realms[PATIENT], &realms[OUT] };
static struct mm_service services[3];
static struct mm_trust trust;
static struct gate_heard heard;

/* Two mints and a realm of others, each with an active key; a service for each. */
static int
begin(void **state)
{
	(void)state;
	memset(realms, 0, sizeof(realms));
	memset(keys, 0, sizeof(keys));
	memset(services, 0, sizeof(services));
	realms[HOME].is_mint = realms[PATIENT].is_mint = realms[PATIENT].when_stale_marked_only = true;
	for (size_t i = 0; i < MM_COUNT_OF(realms); i++) {
		realms[i].max_lifetime_s = 3600;
		keys[i] = (struct mm_key){ .realm = &realms[i], .standing = MM_KEY_USABLE, .signs_from_s = 0,
			.signs_until_s = NOW_S, .verify_until_s = NOW_S + 3600 };
		services[i] = (struct mm_service){ .realms = &accepted[i], .realm_count = 1 };
	}
	trust = (struct mm_trust){ .keys = keys, .key_count = MM_COUNT_OF(keys), .realms = realms,
		.realm_count = MM_COUNT_OF(realms), .services = services, .service_count = MM_COUNT_OF(services) };
	heard = (struct gate_heard){ .freshness = MM_FRESH, .now_s = NOW_S };
	return 0;
}

static bool
is_good(size_t realm)
{
	return gate_readiness_fault(&trust, &realms[realm], &heard) == NULL;
}

static void
all_is_well(void **state)
{
	(void)state;
	assert_true(is_good(HOME) && is_good(PATIENT) && is_good(OUT));
	assert_int_equal(gate_readiness_of_all(&trust, &heard), GATE_READY);
}

static void
a_stale_trust_is_the_mints_affair(void **state)
{
	(void)state;
	heard.freshness = MM_STALE;
	heard.stale_for_s = 3600;
	assert_false(is_good(HOME));
	assert_true(is_good(PATIENT) && is_good(OUT));
	assert_int_equal(gate_readiness_of_service(&trust, &services[HOME], &heard), GATE_NOT_READY);
	assert_int_equal(gate_readiness_of_service(&trust, &services[OUT], &heard), GATE_READY);
	assert_int_equal(gate_readiness_of_all(&trust, &heard), GATE_READY_IN_PART);
	/* Marks alone are enough for one token's lifetime. */
	heard.stale_for_s = 3601;
	assert_false(is_good(PATIENT));
	assert_true(is_good(OUT));
	heard.freshness = MM_CLOCK_IS_OFF;
	heard.stale_for_s = 0;
	assert_false(is_good(HOME) || is_good(PATIENT));
	assert_true(is_good(OUT));
	trust.service_count = 2;
	assert_int_equal(gate_readiness_of_all(&trust, &heard), GATE_NOT_READY);
}

static void
a_realm_without_a_good_key_is_not_ready(void **state)
{
	(void)state;
	keys[OUT].verify_until_s = NOW_S - 1;
	assert_false(is_good(OUT));
	assert_int_equal(gate_readiness_of_all(&trust, &heard), GATE_READY_IN_PART);
	keys[OUT].verify_until_s = NOW_S;
	assert_true(is_good(OUT));
	keys[OUT].signs_from_s = NOW_S + 1;
	keys[OUT].signs_until_s = NOW_S + 2;
	assert_false(is_good(OUT));
	keys[OUT].signs_from_s = 0;
	keys[OUT].tainted = keys[HOME].tainted = true;
	assert_false(is_good(OUT));
	assert_true(is_good(HOME));
	keys[HOME].standing = MM_KEY_TOMBSTONED;
	assert_false(is_good(HOME));
	keys[PATIENT].realm = &realms[HOME];
	assert_true(is_good(HOME));
	assert_false(is_good(PATIENT));
}

static void
a_service_of_several_realms_is_ready_in_part(void **state)
{
	(void)state;
	services[0] = (struct mm_service){ .realms = accepted, .realm_count = 3 };
	trust.service_count = 1;
	keys[OUT].standing = MM_KEY_TOMBSTONED;
	assert_int_equal(gate_readiness_of_service(&trust, &services[0], &heard), GATE_READY_IN_PART);
	assert_int_equal(gate_readiness_of_all(&trust, &heard), GATE_READY_IN_PART);
	keys[HOME].standing = keys[PATIENT].standing = MM_KEY_TOMBSTONED;
	assert_int_equal(gate_readiness_of_service(&trust, &services[0], &heard), GATE_NOT_READY);
	assert_int_equal(gate_readiness_of_all(&trust, &heard), GATE_NOT_READY);
	trust.service_count = 0;
	assert_int_equal(gate_readiness_of_all(&trust, &heard), GATE_READY);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_is_well),
		TEST(a_stale_trust_is_the_mints_affair),
		TEST(a_realm_without_a_good_key_is_not_ready),
		TEST(a_service_of_several_realms_is_ready_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
