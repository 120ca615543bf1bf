;; A spin lock with a bug: it looks whether the lock is free, and then takes it, in two steps.
;; Word 0 is the lock, word 4 the number of those who are inside.
(module
  (import "env" "memory" (memory 1 1 shared))
  (func (export "visit")
    (loop $again
      (br_if $again (i32.atomic.load (i32.const 0))))
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
    (drop (i32.atomic.rmw.sub (i32.const 4) (i32.const 1)))
    (i32.atomic.store (i32.const 0) (i32.const 0)))
  ;; The same in one step, and it gives up instead of spinning.
  (func (export "try_visit") (result i32)
    (if (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1))
      (then (return (i32.const 0))))
    (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
    (drop (i32.atomic.rmw.sub (i32.const 4) (i32.const 1)))
    (i32.atomic.store (i32.const 0) (i32.const 0))
    (i32.const 1)))
