using System.Collections.Concurrent;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Tests.Hosting;

/// <summary>The claims that a <see cref="RawRelay"/> has received. Thread-safe.</summary>
internal sealed class RecordedClaims
{
    /// <summary>The session that holds each name.</summary>
    public ConcurrentDictionary<string, string> Sessions { get; } = new();

    /// <summary>The claims and releases in order, for instance "claim shop".</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The error of the next claims; null when they are accepted.</summary>
    public volatile TunnelException? Refusal;
}

/// <summary>Accepts claims, and records them.</summary>
internal sealed class RecordingGateway(RecordedClaims claims, ITunnelCaller<IHttpOrigin> caller) : IHttpGateway
{
    public Task<Uri> ClaimAsync(string name, CancellationToken cancellationToken)
    {
        claims.Calls.Enqueue($"claim {name}");
        if (claims.Refusal is { } refusal)
        {
            throw new TunnelException(refusal.Status, refusal.Message);
        }

        claims.Sessions[name] = caller.SessionId;
        return Task.FromResult(new Uri($"https://{name}.example/"));
    }

    public Task ReleaseAsync(string name, CancellationToken cancellationToken)
    {
        claims.Calls.Enqueue($"release {name}");
        claims.Sessions.TryRemove(name, out _);
        return Task.CompletedTask;
    }
}
