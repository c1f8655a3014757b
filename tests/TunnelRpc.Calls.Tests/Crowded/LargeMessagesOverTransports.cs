using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Transports.ExtendedConnect;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Calls.Tests.Crowded;

public sealed class LargeMessagesOverInMemory : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartInMemoryAsync();
}

public sealed class LargeMessagesOverCompressedInMemory : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartInMemoryAsync(Compressed.NearlyAll);
}

public sealed class LargeMessagesOverUpgrade : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new UpgradeTransport());
}

public sealed class LargeMessagesOverReverseHttp : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new ReverseHttpTransport());
}

public sealed class LargeMessagesOverTwoConnection : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new TwoConnectionTransport());
}

public sealed class LargeMessagesOverNPlusOne : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new NPlusOneTransport());
}

public sealed class LargeMessagesOverLongPoll : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new LongPollTransport());
}

public sealed class LargeMessagesOverConnect : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new ThroughProxy());
}

public sealed class LargeMessagesOverWebSocket : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new WebSocketTransport());
}

public sealed class LargeMessagesOverExtendedConnect : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new ExtendedConnectTransport(), protocols: HttpProtocols.Http2);
}

public sealed class LargeMessagesOverHttp2Post : LargeMessageConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new Http2PostTransport(), protocols: HttpProtocols.Http2);
}
