namespace TunnelRpc.Calls;

/// <summary>
/// The state of one use of an <see cref="IncomingCall"/>: one word, changed atomically. It has three independent parts: execution, permit
/// and reply. Each method is one event; its return value says what the caller must do next. No method waits, allocates or throws.
/// <code>
/// Part       From                  Event                        To                    By                 Then
/// execution  Pending               TryStart: true               Running               work item          runs the method
/// execution  Pending               TryCancelBeforeStart: true   CancelledBeforeStart  reader, at CANCEL  releases the permit
/// execution  CancelledBeforeStart  TryStart: false              -                     work item          only cleans up
/// execution  Running               TryCancelBeforeStart: false  -                     reader, at CANCEL  nothing
/// permit     Held                  TryAbandon: true             Abandoned             others             nothing
/// permit     any but Held          TryAbandon: false            -                     others             removes its allowance
/// permit     Held                  SetPermitReleased: false     Released              permit owner       nothing
/// permit     Abandoned             SetPermitReleased: true      AbandonedAndReleased  permit owner       removes the allowance
/// reply      None                  TryStartReply: true          InFragments           work item          sends the fragments
/// reply      InFragments, Failed   TryStartReply: false         -                     work item          sends nothing
/// reply      None, Failed          TryFailEarly: true           Failed                others             sends the failure
/// reply      InFragments           TryFailEarly: false          -                     others             nothing
/// all        any                   assignment of default        Pending, Held, None   reader, in Begin   opens the call
/// </code>
/// The <i>permit owner</i> is the work item, or the reader if TryCancelBeforeStart has returned true, so exactly one thread releases the
/// permit. The <i>others</i> are the reader (CANCEL, unreadable items), the timer of the deadline, the thread that releases the called
/// reference, and the thread that ends the session.
/// <para>
/// The allowance is <see cref="Multiplexing.IncomingCallLimiter.AddAbandoned"/>: a call that the peer no longer waits for does not count
/// against the limit. A thread adds it before it calls <see cref="TryAbandon"/>. It is removed once: by that thread if the result is false,
/// else by the owner of the permit, after the permit was released. So the peer's next call is not refused in between.
/// </para>
/// <para>
/// A reply that fits into one frame does not use the reply part: the removal of the call from the stream table decides between this reply
/// and a failure. The fragments of a larger reply are sent while the call is in the table, so this part keeps a failure from following the
/// first fragments.
/// </para>
/// </summary>
internal struct IncomingCallState
{
    private const int Running = 1 << 0;
    private const int CancelledBeforeStart = 1 << 1;
    private const int Abandoned = 1 << 2;
    private const int PermitReleased = 1 << 3;
    private const int ReplyInFragments = 1 << 4;
    private const int FailedEarly = 1 << 5;

    // Changed atomically. 0: pending, the permit is held, no reply.
    private int _flags;

    /// <summary>Whether the permit was released. Exact for the owner of the permit.</summary>
    public readonly bool IsPermitReleased => (_flags & PermitReleased) != 0;

    /// <summary>
    /// The work item starts. False when the caller cancelled the call before: the method must not run, and the permit was released.
    /// </summary>
    public bool TryStart() => TrySet(Running, unless: CancelledBeforeStart);

    /// <summary>
    /// The caller has cancelled the call. True when its method has not started and will not: the reader now releases the permit.
    /// </summary>
    public bool TryCancelBeforeStart() => TrySet(CancelledBeforeStart, unless: Running | CancelledBeforeStart);

    /// <summary>The caller no longer waits for the call. False when it was abandoned or released before.</summary>
    public bool TryAbandon() => TrySet(Abandoned, unless: Abandoned | PermitReleased);

    /// <summary>The permit was released, by its owner. True when the call had been abandoned.</summary>
    public bool SetPermitReleased() => (Interlocked.Or(ref _flags, PermitReleased) & Abandoned) != 0;

    /// <summary>
    /// The work item is about to send a reply in several frames. False when a failure or another such reply was sent before.
    /// </summary>
    public bool TryStartReply() => TrySet(ReplyInFragments, unless: ReplyInFragments | FailedEarly);

    /// <summary>The call fails before its method has ended. False when a reply in fragments has started.</summary>
    public bool TryFailEarly() => TrySet(FailedEarly, unless: ReplyInFragments);

    /// <summary>The parts, for debuggers.</summary>
    public override readonly string ToString()
    {
        int flags = _flags;
        string execution = Has(Running) ? "running" : Has(CancelledBeforeStart) ? "cancelled before start" : "pending";
        return execution
            + (Has(Abandoned) ? ", abandoned" : "") + (Has(PermitReleased) ? ", permit released" : "")
            + (Has(ReplyInFragments) ? ", reply in fragments" : Has(FailedEarly) ? ", failed" : "");

        bool Has(int flag) => (flags & flag) != 0;
    }

    private bool TrySet(int flag, int unless)
    {
        int flags = Volatile.Read(ref _flags);
        while ((flags & unless) == 0)
        {
            int before = Interlocked.CompareExchange(ref _flags, flags | flag, flags);
            if (before == flags)
            {
                return true;
            }

            flags = before;
        }

        return false;
    }
}
