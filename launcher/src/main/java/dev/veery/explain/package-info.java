/**
 * {@code veery explain}: what an assigned device would do to the host and the guest, said without opening anything. The machine
 * itself makes the plan; here it is only put into words, for people and as JSON.
 */
@NullMarked
package dev.veery.explain;

import org.jspecify.annotations.NullMarked;
