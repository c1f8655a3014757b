using System.Collections.Concurrent;

namespace TunnelRpc.Client.Repeating;

/// <summary>
/// The calls of contracts under ordered dispatch: made again on another session, one could overtake those that were made with it. Thread-safe.
/// </summary>
internal sealed class OrderedCalls
{
    private readonly ConcurrentDictionary<string, Contract> _contracts = new(StringComparer.Ordinal);

    /// <summary>A call begins; to be ended.</summary>
    public OrderedCall Begin(string service) => _contracts.GetOrAdd(service, static _ => new Contract()).Begin();

    internal sealed class Contract
    {
        private readonly Lock _gate = new();

        // Guarded by _gate.
        private long _begun;
        private int _open;

        public OrderedCall Begin()
        {
            lock (_gate)
            {
                return new OrderedCall(this, ++_begun, isAlone: ++_open == 1);
            }
        }

        public bool IsLast(long number)
        {
            lock (_gate)
            {
                return number == _begun;
            }
        }

        public void End()
        {
            lock (_gate)
            {
                _open--;
            }
        }
    }
}
