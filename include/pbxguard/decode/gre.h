/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic routing encapsulation: version 0 (RFC 2784, 2890, the routing of RFC 1701), version 1 with PPP as
 * PPTP has it (RFC 2637); as switches mirror with it, ERSPAN of type I, II and III
 * (draft-foschiano-erspan-03).
 */
#ifndef PBXGUARD_DECODE_GRE_H
#define PBXGUARD_DECODE_GRE_H

#include "pbxguard/base/reader.h"
#include "pbxguard/decode/decode_result.h"

#include <stdint.h>

/* *content becomes what follows the header, and ERSPAN's, borrowed; *ethertype says what it is. */
enum decode_result gre_decode(struct reader bytes, uint16_t *ethertype, struct reader *content);

#endif
