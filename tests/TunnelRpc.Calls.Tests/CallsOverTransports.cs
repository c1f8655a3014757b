using Microsoft.AspNetCore.Server.Kestrel.Core;
using TunnelRpc.Transports.ExtendedConnect;
using TunnelRpc.Transports.Http2Post;
using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.Upgrade;
using TunnelRpc.Transports.WebSockets;

namespace TunnelRpc.Calls.Tests;

public sealed class CallsOverInMemory : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartInMemoryAsync();
}

public sealed class CallsOverUpgrade : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport());
}

public sealed class CallsOverReverseHttp : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new ReverseHttpTransport());
}

public sealed class CallsOverTwoConnection : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new TwoConnectionTransport());
}

public sealed class CallsOverNPlusOne : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new NPlusOneTransport());
}

public sealed class CallsOverLongPoll : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new LongPollTransport());
}

public sealed class ContextOverInMemory : ContextConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartInMemoryAsync();
}

public sealed class ContextOverUpgrade : ContextConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport());
}

public sealed class ContextOverReverseHttp : ContextConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new ReverseHttpTransport());
}

public sealed class ContextOverTwoConnection : ContextConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new TwoConnectionTransport());
}

public sealed class ReferencesOverInMemory : ReferenceConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartInMemoryAsync();
}

public sealed class ReferencesOverUpgrade : ReferenceConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport());
}

public sealed class ReferencesOverReverseHttp : ReferenceConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new ReverseHttpTransport());
}

public sealed class ReferencesOverTwoConnection : ReferenceConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new TwoConnectionTransport());
}

public sealed class CompressedCallsOverInMemory : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartInMemoryAsync(Compressed.NearlyAll);
}

public sealed class CompressedCallsOverUpgrade : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport(), Compressed.NearlyAll);
}

public sealed class CompressedCallsOverReverseHttp : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new ReverseHttpTransport(), Compressed.NearlyAll);
}

public sealed class CompressedCallsOverTwoConnection : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new TwoConnectionTransport(), Compressed.NearlyAll);
}

public sealed class CompressedContextOverInMemory : ContextConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartInMemoryAsync(Compressed.NearlyAll);
}

public sealed class CompressedReferencesOverUpgrade : ReferenceConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport(), Compressed.NearlyAll);
}

public sealed class EncryptedCallsOverInMemory : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartInMemoryAsync(Encrypted.EndToEnd);
}

public sealed class EncryptedCallsOverUpgrade : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport(), Encrypted.EndToEnd);
}

public sealed class EncryptedCallsOverTwoConnection : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new TwoConnectionTransport(), Encrypted.EndToEnd);
}

public sealed class EncryptedContextOverUpgrade : ContextConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport(), Encrypted.EndToEnd);
}

public sealed class EncryptedReferencesOverTwoConnection : ReferenceConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new TwoConnectionTransport(), Encrypted.EndToEnd);
}

public sealed class CallsOverConnect : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new ThroughProxy());
}

public sealed class ContextOverConnect : ContextConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new ThroughProxy());
}

public sealed class ReferencesOverConnect : ReferenceConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new ThroughProxy());
}

public sealed class CallsOverWebSocket : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new WebSocketTransport());
}

public sealed class CallsOverExtendedConnect : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new ExtendedConnectTransport(), protocols: HttpProtocols.Http2);
}

public sealed class CallsOverHttp2Post : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() =>
        TunnelPair.StartHttpAsync(new Http2PostTransport(), protocols: HttpProtocols.Http2);
}
