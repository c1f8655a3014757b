using TunnelRpc.Transports.ReverseHttp;
using TunnelRpc.Transports.TwoConnection;
using TunnelRpc.Transports.Upgrade;

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
