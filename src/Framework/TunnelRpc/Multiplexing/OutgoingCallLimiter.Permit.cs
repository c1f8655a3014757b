using TunnelRpc.Accounting;

namespace TunnelRpc.Multiplexing;

// The permit of one call.
internal sealed partial class OutgoingCallLimiter
{
    /// <summary>
    /// One call's permit. Released exactly once: <see cref="Dispose"/> claims the release with one atomic exchange, so the caller, the
    /// reader and the end of the session may all dispose it. Stored in one field (<see cref="TunnelStream.OutgoingPermit"/>) and never
    /// copied from there.
    /// </summary>
    /// <remarks>
    /// States: Empty (never acquired, or released); Held; HeldByOneWay (a one-way call that is not sent yet, or not as a whole).
    /// <code>
    /// Held         → Empty  Dispose: the call has ended, or was not sent
    /// HeldByOneWay → Empty  Dispose: the call was not sent
    /// HeldByOneWay → Empty  KeepUntilReported: the call was sent; the limiter owns the permit until the peer reports its end
    /// </code>
    /// </remarks>
    internal struct Permit : IDisposable
    {
        private const int Empty = 0;
        private const int Held = 1;
        private const int HeldByOneWay = 2;

        private readonly OutgoingCallLimiter _limiter;

        // Null unless the call runs beyond a limit.
        private readonly NestedPermit? _nested;

        // The arguments that are counted, in bytes. Changed only before the call is sent.
        private int _bytes;

        // Changed atomically.
        private int _state;

        /// <summary>
        /// Whether the call was admitted beyond a limit because no call made progress: it is sent in a new chain, so that the peer accepts
        /// it. Set before the call is sent.
        /// </summary>
        public bool WasStalled { get; set; }

        internal Permit(OutgoingCallLimiter limiter, bool isOneWay, int bytes, NestedPermit? nested)
        {
            _limiter = limiter;
            _state = isOneWay ? HeldByOneWay : Held;
            _bytes = bytes;
            _nested = nested;
        }

        /// <summary>
        /// The size of the message that is sent, where the arguments were encoded again after the wait. Before the call is sent.
        /// </summary>
        public void SetMessageSize(int bytes)
        {
            int counted = MemoryAccount.CountedSize(bytes);
            if (counted != _bytes)
            {
                _limiter.AdjustArguments(counted - _bytes, _state == HeldByOneWay);
                _bytes = counted;
            }
        }

        /// <summary>
        /// The one-way call was sent as a whole: <see cref="TryReleaseOneWays"/> releases its permit, and disposing has no effect any more.
        /// </summary>
        public void KeepUntilReported() => Interlocked.CompareExchange(ref _state, Empty, HeldByOneWay);

        /// <summary>Releases the permit. Thread-safe; further calls have no effect.</summary>
        public void Dispose()
        {
            if (Volatile.Read(ref _state) == Empty)
            {
                return;
            }

            switch (Interlocked.Exchange(ref _state, Empty))
            {
                case Held:
                    ReleaseArguments();
                    _limiter.Release(_nested);
                    break;

                // False if the peer has reported more one-way calls than it got: its report has released this permit already.
                case HeldByOneWay when _limiter.TryRemoveOneWays(1):
                    Interlocked.Add(ref _limiter._oneWayBytes, -_bytes);
                    ReleaseArguments();
                    _limiter.Release();
                    break;
            }
        }

        private readonly void ReleaseArguments()
        {
            if (_bytes > 0)
            {
                _limiter.Arguments.Release(_bytes, _nested is { AreArgumentsBeyondLimit: true } ? _nested.Call : default);
            }
        }
    }
}
