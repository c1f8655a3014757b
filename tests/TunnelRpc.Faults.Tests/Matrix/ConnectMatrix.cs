using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class ConnectMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "connect";

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } = Expectations.ForConnect();
}
