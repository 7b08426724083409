/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labels of a mint's secrets, and what each is derived for.
 */
#include "lib/token/mint_secret.h"

#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/crypto/hkdf.h"

#include <string.h>

#define DAY_S 86400

/* The last day of the year 9999, which has eight digits. */
#define DAY_MAX 2932896

#define DAY_TEXT_LEN 8

uint32_t
mm_mint_day(int64_t time_s)
{
	return time_s < 0 || time_s / DAY_S > DAY_MAX ? DAY_MAX + 1 : (uint32_t)(time_s / DAY_S);
}

static void
put_digits(char *text, uint32_t number, size_t count)
{
	while (count-- > 0) {
		text[count] = (char)('0' + number % 10);
		number /= 10;
	}
}

/*
 * YYYYMMDD of the proleptic Gregorian calendar. Years begin in March here, so that the leap day is the last; an era of
 * 400 years has 146,097 days, of 4 years 1,461, and months of 31 and 30 days repeat every five.
 */
static void
write_day(uint32_t day, char text[DAY_TEXT_LEN])
{
	uint32_t since = day + 719468; /* from 0000-03-01 to 1970-01-01 */
	uint32_t era = since / 146097, of_era = since % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * of_year + 2) / 153;

	put_digits(text, year + era * 400 + (month >= 10), 4);
	put_digits(text + 4, month < 10 ? month + 3 : month - 9, 2);
	put_digits(text + 6, of_year - (153 * month + 2) / 5 + 1, 2);
}

/* What a secret is for: every part that stands there, in this order. */
struct purpose {
	const char *label;
	struct mm_slice realm;
	struct mm_slice audience; /* absent: not for one */
	bool has_day;
	uint32_t day;
};

static bool
is_purpose(const struct purpose *purpose)
{
	bool of_audience = mm_slice_present(purpose->audience);

	return mm_slice_present(purpose->realm) && purpose->realm.len > 0 && purpose->realm.len <= MM_NAME_LEN_MAX &&
	    (!of_audience || (purpose->audience.len > 0 && purpose->audience.len <= MM_CLAIM_LEN_MAX)) &&
	    (!purpose->has_day || purpose->day <= DAY_MAX);
}

static void
add_short(struct mm_buf *info, struct mm_slice part)
{
	mm_buf_add_u8(info, (uint8_t)part.len);
	mm_buf_add_slice(info, part);
}

static void
write_info(struct mm_buf *info, const struct purpose *purpose)
{
	char day[DAY_TEXT_LEN];

	add_short(info, mm_slice_str(purpose->label));
	add_short(info, purpose->realm);
	if (mm_slice_present(purpose->audience)) {
		mm_buf_add_u8(info, (uint8_t)(purpose->audience.len >> 8));
		mm_buf_add_u8(info, (uint8_t)purpose->audience.len);
		mm_buf_add_slice(info, purpose->audience);
	}
	if (purpose->has_day) {
		write_day(purpose->day, day);
		add_short(info, mm_slice(day, sizeof(day)));
	}
}

static bool
derive(const uint8_t root[MM_MARK_ROOT_LEN], const struct purpose *purpose, uint8_t *key, size_t key_len)
{
	struct mm_buf info;
	bool derived = false;

	mm_buf_init(&info, MM_CLAIM_LEN_MAX + MM_NAME_LEN_MAX + 64);
	if (is_purpose(purpose))
		write_info(&info, purpose);
	if (mm_buf_ok(&info) && info.len > 0)
		derived = mm_hkdf_sha256(root, MM_MARK_ROOT_LEN, mm_slice(info.data, info.len), key, key_len);
	mm_buf_clear(&info);
	if (!derived)
		memset(key, 0, key_len);
	return derived;
}

bool
mm_mint_token_id_key(const uint8_t root[MM_MARK_ROOT_LEN], struct mm_slice realm, uint8_t key[MM_TOKEN_ID_KEY_LEN])
{
	const struct purpose purpose = { .label = "mintmark jti v1", .realm = realm, .audience = MM_SLICE_ABSENT };

	return derive(root, &purpose, key, MM_TOKEN_ID_KEY_LEN);
}

/* An absent audience is none, and not a key for all of them. */
bool
mm_mint_mark_key(const uint8_t root[MM_MARK_ROOT_LEN], struct mm_slice realm, struct mm_slice audience, uint32_t day,
    uint8_t key[MM_MARK_KEY_LEN])
{
	const struct purpose purpose = {
		.label = "mintmark mark v1", .realm = realm,
		.audience = mm_slice_present(audience) ? audience : mm_slice("", 0), .has_day = true, .day = day,
	};

	return derive(root, &purpose, key, MM_MARK_KEY_LEN);
}

bool
mm_mint_index_key(const uint8_t root[MM_MARK_ROOT_LEN], struct mm_slice realm, uint32_t day,
    uint8_t key[MM_INDEX_KEY_LEN])
{
	const struct purpose purpose = {
		.label = "mintmark index v1", .realm = realm, .audience = MM_SLICE_ABSENT, .has_day = true, .day = day,
	};

	return derive(root, &purpose, key, MM_INDEX_KEY_LEN);
}
