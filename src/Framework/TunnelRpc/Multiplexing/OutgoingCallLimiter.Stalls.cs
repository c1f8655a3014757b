namespace TunnelRpc.Multiplexing;

// Decision: docs/adr/0056-stalled-calls.md
/// <content>Calls that are not known to be nested, and wait while the calls of the two sides wait for each other.</content>
internal sealed partial class OutgoingCallLimiter
{
    /// <summary>The calls that pass at once where the limit is lower.</summary>
    private const int MinAdmittedWhenStalled = 64;

    private enum WaitResult
    {
        /// <summary>A permit may be free, or the session drains or has ended.</summary>
        CheckAgain,

        /// <summary>The call has a permit beyond the limit.</summary>
        AdmittedBeyondLimit,

        /// <summary>The call fails.</summary>
        Refused,
    }

    /// <summary>
    /// If no permit was released since the last call of this method: admits calls beyond the limit, at most as many as the limit (64 if
    /// that is less), while the side that serves their callers can start no more calls. Beyond <see cref="NestedCall.MaxRunning"/> they
    /// fail. Called from time to time while calls wait.
    /// </summary>
    /// <param name="mayAdmitAll">
    /// Decides whether calls pass that no served call is known to have made; called at most once, under the lock.
    /// </param>
    public void AdmitStalledCalls(Func<bool> mayAdmitAll)
    {
        lock (_gate)
        {
            if (!_hasReleased)
            {
                int remaining = Math.Max(_limit, MinAdmittedWhenStalled);
                AdmitStalledLocked(_servedWaitQueue, static waiter => waiter.Served!.IsFull, ref remaining);
                if (_waitQueue.Count > 0 && mayAdmitAll())
                {
                    AdmitStalledLocked(_waitQueue, static _ => true, ref remaining);
                }
            }

            _hasReleased = false;
        }
    }

    private void AdmitStalledLocked(LinkedList<Waiter> queue, Func<Waiter, bool> isStalled, ref int remaining)
    {
        for (LinkedListNode<Waiter>? node = queue.First; node is not null && remaining > 0;)
        {
            LinkedListNode<Waiter>? next = node.Next;
            if (isStalled(node.Value))
            {
                remaining--;
                bool isAdmitted = TryIncrementForNested(NestedCall.MaxRunning(_limit));
                CompleteWaitLocked(node.Value, isAdmitted ? WaitResult.AdmittedBeyondLimit : WaitResult.Refused);
            }

            node = next;
        }
    }

    private sealed class Waiter(IncomingCallLimiter? served)
        : TaskCompletionSource<WaitResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        /// <summary>The limiter of the served call that makes this one-way call; null otherwise.</summary>
        public IncomingCallLimiter? Served => served;

        // Guarded by the limiter's gate: in a queue while the call waits.
        public LinkedListNode<Waiter>? Node { get; set; }
    }
}
