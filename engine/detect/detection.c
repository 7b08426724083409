/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of detections.
 */
#include "engine/detect/detection.h"

#include "lib/base/array.h"

#include <string.h>

const struct mm_detection *const mm_detections[] = {
#define MM_DETECTION(symbol) &mm_detect_##symbol,
#include "engine/detect/detections.def"
#undef MM_DETECTION
};
const size_t mm_detections_count = MM_COUNT_OF(mm_detections);

const struct mm_detection *
mm_detection_find(const char *name)
{
	for (size_t i = 0; i < mm_detections_count; i++)
		if (strcmp(mm_detections[i]->name, name) == 0)
			return mm_detections[i];
	return NULL;
}
