using TunnelRpc.Faults.Tests.Servers;

namespace TunnelRpc.Faults.Tests.Matrix;

public sealed class Http2PostMatrix(MatrixServer server) : TransportMatrix(server)
{
    protected override string Transport => "http2-post";

    protected override bool IsHttp2 => true;

    protected override IReadOnlyDictionary<string, Expected> Exceptions { get; } = Expectations.ForOneConnection();
}
