using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class UpgradeMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "upgrade";

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } = Expectations.ForUpgrade();
}
