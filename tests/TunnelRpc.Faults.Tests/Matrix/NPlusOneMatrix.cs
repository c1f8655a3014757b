using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class NPlusOneMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "n-plus-one";

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } = Expectations.ForNPlusOne();
}
