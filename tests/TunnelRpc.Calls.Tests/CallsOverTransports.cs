using TunnelRpc.Transports.Legs;
using TunnelRpc.Transports.ReverseHttp;
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
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartInMemoryAsync(Compressed.Most);
}

public sealed class CompressedCallsOverUpgrade : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport(), Compressed.Most);
}

public sealed class CompressedCallsOverReverseHttp : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new ReverseHttpTransport(), Compressed.Most);
}

public sealed class CompressedCallsOverTwoConnection : CallsConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new TwoConnectionTransport(), Compressed.Most);
}

public sealed class CompressedContextOverInMemory : ContextConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartInMemoryAsync(Compressed.Most);
}

public sealed class CompressedReferencesOverUpgrade : ReferenceConformance
{
    private protected override Task<TunnelPair> StartAsync() => TunnelPair.StartHttpAsync(new UpgradeTransport(), Compressed.Most);
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
