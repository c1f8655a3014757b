using System.Collections.Concurrent;

namespace TunnelRpc.Client.Retries;

/// <summary>
/// Tracks the running calls of each contract under ordered dispatch. Calls that run at the same time are not retried: on another session,
/// one could overtake the other. Thread-safe.
/// </summary>
internal sealed class OrderedCallTracker
{
    // Created on demand: most clients have no contract under ordered dispatch.
    private ConcurrentDictionary<string, ContractState>? _contracts;

    /// <summary>Starts a call of the contract. The caller calls <see cref="OrderedCall.End"/> when the call has ended.</summary>
    public OrderedCall Begin(string service) => LazyInitializer
        .EnsureInitialized(ref _contracts, static () => new ConcurrentDictionary<string, ContractState>(StringComparer.Ordinal))
        .GetOrAdd(service, static _ => new ContractState())
        .Begin();

    internal sealed class ContractState
    {
        private readonly Lock _gate = new();

        // Guarded by _gate.
        private long _lastSequence;
        private int _runningCount;

        public OrderedCall Begin()
        {
            lock (_gate)
            {
                return new OrderedCall(this, ++_lastSequence, startedAlone: ++_runningCount == 1);
            }
        }

        public bool IsNewest(long sequence)
        {
            lock (_gate)
            {
                return sequence == _lastSequence;
            }
        }

        public void End()
        {
            lock (_gate)
            {
                _runningCount--;
            }
        }
    }
}
