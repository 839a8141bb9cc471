/**
 * Register banks as data: for each byte its reset value, which bits software may write and which it clears by writing a
 * one. Side effects belong to whoever owns the bank.
 */
@org.jspecify.annotations.NullMarked
package dev.veery.register;
