using Xunit;

namespace TunnelRpc.Lab.Gateway;

/// <summary>Tests that run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SequentialGatewayLoads
{
    public const string Name = "gateway loads";
}
