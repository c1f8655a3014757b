using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>A server and a client that pass references in both directions, and the number of references that each of them has.</summary>
internal sealed class ShapesPair : IAsyncDisposable
{
    /// <summary>Turns a hang into a failure: far above the duration of any test.</summary>
    public static readonly TimeSpan HangTimeout = TimeSpan.FromSeconds(120);

    private readonly ConnectedPair _pair;

    private ShapesPair(ConnectedPair pair, ReferenceShapes server, ReferenceShapes client)
    {
        _pair = pair;
        AtServer = server;
        AtClient = client;
        ServerPeer = pair.Services.GetRequiredService<TunnelServer>().FindSession(pair.Client.SessionId!)!.Peer;
        ClientPeer = pair.Client.CurrentPeer!;
    }

    public ReferenceShapes AtServer { get; }

    public ReferenceShapes AtClient { get; }

    public TunnelPeer ServerPeer { get; }

    public TunnelPeer ClientPeer { get; }

    /// <summary>The references of both sides.</summary>
    public int ReferenceCount => ServerPeer.ExportedReferences.Count + ClientPeer.ExportedReferences.Count;

    public IReferenceShapes Stub(bool serverCallsClient) => _pair.Stub<IReferenceShapes>(serverCallsClient);

    /// <summary>The implementation that a stub of this direction calls.</summary>
    public ReferenceShapes Implementation(bool serverCallsClient) => serverCallsClient ? AtClient : AtServer;

    public static async Task<ShapesPair> StartAsync(Action<TunnelLimits>? limits = null)
    {
        var server = new ReferenceShapes();
        var client = new ReferenceShapes();
        ConnectedPair pair = await ConnectedPair.StartAsync(
            null,
            services => services.AddService<IReferenceShapes>(server),
            o => limits?.Invoke(o.Limits),
            o =>
            {
                limits?.Invoke(o.Limits);
                o.Serve<IReferenceShapes>(client);
            });
        return new ShapesPair(pair, server, client);
    }

    /// <summary>Waits until no reference is left. Collects garbage, which releases the references that are not in use.</summary>
    /// <param name="hasOneWayCalls">
    /// Whether one-way calls were made. Their number is not checked, because their end is reported for a quarter of the limit at once.
    /// </param>
    public async Task ShouldHaveNoReferencesAsync(bool hasOneWayCalls = false)
    {
        long start = Stopwatch.GetTimestamp();
        while (ReferenceCount > 0 && Stopwatch.GetElapsedTime(start) < HangTimeout)
        {
            await Task.Delay(10);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        ReferenceCount.ShouldBe(0);
        if (!hasOneWayCalls)
        {
            (ServerPeer.Multiplexer.OutgoingCallCount, ClientPeer.Multiplexer.OutgoingCallCount).ShouldBe((0, 0));
        }
    }

    public async ValueTask DisposeAsync() => await _pair.DisposeAsync().AsTask().WaitAsync(HangTimeout);
}
