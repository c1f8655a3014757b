using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class ReverseHttpMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "reverse-http";

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } = Expectations.ForUpgrade();
}
