namespace TunnelRpc.Calls;

/// <summary>
/// The state of one use of an <see cref="IncomingCall"/>: one word, changed atomically. It has two independent parts: execution and
/// reply. Each method is one event; its return value says what the caller must do next. No method waits, allocates or throws.
/// <code>
/// Part       From                  Event                        To                    By                 Then
/// execution  Pending               TryStart: true               Running               work item          runs the method
/// execution  Pending               TryCancelBeforeStart: true   CancelledBeforeStart  reader, at CANCEL  releases the permit
/// execution  CancelledBeforeStart  TryStart: false              -                     work item          only cleans up
/// execution  Running               TryCancelBeforeStart: false  -                     reader, at CANCEL  nothing
/// reply      None                  TryStartReply: true          InFragments           work item          sends the fragments
/// reply      InFragments, Failed   TryStartReply: false         -                     work item          sends nothing
/// reply      None, Failed          TryFailEarly: true           Failed                others             sends the failure
/// reply      InFragments           TryFailEarly: false          -                     others             nothing
/// all        any                   assignment of default        Pending, None         reader, in Begin   opens the call
/// </code>
/// The <i>others</i> are the reader (CANCEL, unreadable items), the timer of the deadline, the thread that releases the called reference,
/// and the thread that ends the session. The permit has a state of its own (<see cref="Multiplexing.IncomingCallLimiter.Permit"/>).
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
    private const int ReplyInFragments = 1 << 2;
    private const int FailedEarly = 1 << 3;

    // Changed atomically. 0: pending, no reply.
    private int _flags;

    /// <summary>
    /// The work item starts. False when the caller cancelled the call before: the method must not run, and the permit was released.
    /// </summary>
    public bool TryStart() => TrySet(Running, unless: CancelledBeforeStart);

    /// <summary>
    /// The caller has cancelled the call. True when its method has not started and will not: the reader now releases the permit.
    /// </summary>
    public bool TryCancelBeforeStart() => TrySet(CancelledBeforeStart, unless: Running | CancelledBeforeStart);

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
