using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TunnelRpc.Calls;
using TunnelRpc.Compatibility;
using TunnelRpc.Diagnostics;

namespace TunnelRpc.Client.Contracts;

// Decision: docs/adr/0099-contract-fingerprints.md
/// <summary>
/// The contracts that a client calls and serves. Compares them with the versions of the server, by their fingerprints. Thread-safe.
/// </summary>
/// <param name="callbacks">The contracts that the client serves.</param>
/// <param name="logger">The client's log.</param>
internal sealed class ClientContracts(DispatchTable callbacks, ILogger logger)
{
    /// <summary>How long the server may take for a comparison. Nothing but the log waits for it.</summary>
    private static readonly TunnelCallOptions CallOptions = new() { Timeout = TimeSpan.FromSeconds(30) };

    // The contracts that the client calls: name on the wire and type.
    private readonly ConcurrentDictionary<string, Type> _remotes = new(StringComparer.Ordinal);

    // The contracts and fingerprints of servers whose differences were logged. Bounded by the versions of servers that the client meets.
    private readonly ConcurrentDictionary<(string Service, ulong Server), bool> _logged = new();

    /// <summary>Adds a contract that the client calls. False if it was added before.</summary>
    public bool Add<TService>()
        where TService : class, ITunnelService<TService> => _remotes.TryAdd(TService.TunnelDefinition.Name, typeof(TService));

    /// <summary>
    /// Compares the contracts with those of a server, and logs the differences. Returns at once if the fingerprints are equal. The task
    /// does not fail.
    /// </summary>
    /// <param name="peer">The server.</param>
    public Task CompareAsync(TunnelPeer peer) =>
        peer.Parameters.PeerFingerprints.Count == 0 ? Task.CompletedTask : Task.Run(() => CompareAllAsync(peer));

    private static TService CreateStub<TService>(TunnelInvoker invoker)
        where TService : class, ITunnelService<TService> => TService.TunnelDefinition.CreateStub(invoker);

    private async Task CompareAllAsync(TunnelPeer peer)
    {
        DeclaredContract?[] remotes = [.. _remotes.Select(r => DeclaredContracts.Of(r.Value.Assembly).Find(r.Key))];
        foreach (DeclaredContract contract in remotes.OfType<DeclaredContract>().Concat(callbacks.Versions.Contracts))
        {
            if (peer.Multiplexer.Contracts.FindFingerprint(contract.Service) is { } theirs && theirs != contract.Fingerprint)
            {
                await CompareAsync(peer, contract, theirs).ConfigureAwait(false);
            }
        }
    }

    private async Task CompareAsync(TunnelPeer peer, DeclaredContract contract, ulong theirs)
    {
        bool isFirst = _logged.TryAdd((contract.Service, theirs), true);
        try
        {
            string facts = contract.ToText();
            if (facts.Length > ContractComparisonService.MaxFactsLength)
            {
                LogNotCompared($"its facts have {facts.Length} characters, more than {ContractComparisonService.MaxFactsLength}.");
                return;
            }

            IContractComparison server = CreateStub<IContractComparison>(peer.UnfilteredInvoker.With(CallOptions));
            ContractComparisonResult result = await server.CompareAsync(contract.Service, facts).ConfigureAwait(false);
            peer.Multiplexer.Contracts.SetDifferences(contract.Service, result.Differences);
            if (isFirst)
            {
                ContractLog.Differs(logger, contract.Service, result);
            }
        }
        catch (TunnelException) when (peer.IsDrainingOrEnding)
        {
            // The session has ended first. The next one compares again.
            _logged.TryRemove((contract.Service, theirs), out _);
        }
        catch (TunnelException failure)
        {
            LogNotCompared(failure.Message);
        }

        void LogNotCompared(string reason)
        {
            if (isFirst)
            {
                ContractLog.NotCompared(logger, contract.Service, reason);
            }
        }
    }
}
