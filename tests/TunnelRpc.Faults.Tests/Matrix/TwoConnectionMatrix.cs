using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class TwoConnectionMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "two-connection";

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } = Expectations.ForStreamedLegs();
}
