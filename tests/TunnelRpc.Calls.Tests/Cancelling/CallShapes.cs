using Xunit;

namespace TunnelRpc.Calls.Tests.Cancelling;

/// <summary>Calls of each shape that run until they are cancelled, by the name of the shape.</summary>
internal static class CallShapes
{
    private static readonly Dictionary<string, Func<ICancelService, string, CancellationToken, Task>> Shapes = new()
    {
        ["unary"] = (stub, name, token) => stub.BlockAsync(name, token),
        ["server streaming"] = async (stub, name, token) => await DrainAsync(stub.ProduceAsync(name, 3, 10, token)),
        ["enumerated with the token"] = async (stub, name, token) =>
            await DrainAsync(stub.ProduceAsync(name, 3, 10).WithCancellation(token)),
        ["client streaming"] = (stub, name, token) =>
            stub.ConsumeAsync(name, 100, new StreamSource().ItemsAsync(3, 10, cancellationToken: default), token),
        ["duplex"] = async (stub, name, token) =>
            await DrainAsync(stub.ExchangeAsync(name, new StreamSource().ItemsAsync(3, 10, cancellationToken: default), token)),
        ["stream as a parameter"] = (stub, name, token) => stub.ReadAsync(name, new StreamSource().Bytes(), token),
        ["progress"] = (stub, name, token) => stub.ReportAsync(name, new Progress<int>(), token),
        ["nested"] = (stub, name, token) => stub.NestAsync(name, 2, token),
        ["with a timeout"] = (stub, name, token) => stub.With(timeout: TimeSpan.FromMinutes(5)).BlockAsync(name, token),
        ["large"] = (stub, name, token) => stub.BlockAsync(name.PadRight(200_000), token),
    };

    /// <summary>Each shape in both directions, as theory data.</summary>
    public static TheoryData<string, bool> InBothDirections
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string shape in Shapes.Keys)
            {
                data.Add(shape, false);
                data.Add(shape, true);
            }

            return data;
        }
    }

    public static IEnumerable<string> All => Shapes.Keys;

    /// <summary>Returns the name that the callee receives for a call.</summary>
    public static string NameAt(string shape, string name) => shape == "large" ? name.PadRight(200_000) : name;

    public static Task StartAsync(string shape, ICancelService stub, string name, CancellationToken cancellationToken) =>
        Shapes[shape](stub, name, cancellationToken);

    private static async Task DrainAsync(IAsyncEnumerable<byte[]> items)
    {
        await foreach (byte[] item in items)
        {
        }
    }

    private static async Task DrainAsync(System.Runtime.CompilerServices.ConfiguredCancelableAsyncEnumerable<byte[]> items)
    {
        await foreach (byte[] item in items)
        {
        }
    }
}
