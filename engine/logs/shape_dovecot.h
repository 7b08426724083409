/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dovecot: its log, and what its event exporter writes as JSON.
 */
#ifndef MM_ENGINE_LOGS_SHAPE_DOVECOT_H
#define MM_ENGINE_LOGS_SHAPE_DOVECOT_H

#include "engine/logs/shape.h"

extern const struct mm_logs_shape mm_logs_shape_dovecot;
extern const struct mm_logs_shape mm_logs_shape_dovecot_event;

#endif
