using System.Globalization;

namespace Relay;

/// <summary>Starts the relay and the shop, asks the shop as anyone would, by its public address, and prints what happens.</summary>
internal static class Demo
{
    /// <summary>Runs the demonstration. True if every answer was as expected.</summary>
    public static async Task<bool> RunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using WebApplication relay = await RelayServer.StartAsync(cancellationToken);
        string address = relay.Urls.First();
        output.WriteLine($"The relay listens on {address}.");

        await using WebApplication shop = await Shop.StartAsync(new Uri(address + "/tunnel"), cancellationToken);
        var url = new Uri(shop.Urls.Single());
        output.WriteLine($"The shop has no port. It is reached at {url}.");
        output.WriteLine();

        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
        bool succeeded = true;

        Check("GET /hello/Ada", "Hello, Ada.", await http.GetStringAsync(new Uri(url, "hello/Ada"), cancellationToken));

        using HttpResponseMessage created =
            await http.PostAsJsonAsync(new Uri(url, "orders"), new Order("bolt", 3), cancellationToken);
        Check("POST /orders (JSON)", "201 /apps/shop/orders/1", $"{(int)created.StatusCode} {created.Headers.Location}");

        var prices = new List<string>();
        await using (Stream events = await http.GetStreamAsync(new Uri(url, "prices"), cancellationToken))
        {
            using var reader = new StreamReader(events);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    prices.Add(line["data: ".Length..]);
                }
            }
        }

        Check("GET /prices (server-sent events)", "100, 101, 102", string.Join(", ", prices));

        const int Size = 8 << 20;
        using HttpResponseMessage counted =
            await http.PostAsync(new Uri(url, "count"), new ByteArrayContent(new byte[Size]), cancellationToken);
        Check(
            "POST /count (8 MiB)",
            Size.ToString(CultureInfo.InvariantCulture),
            await counted.Content.ReadAsStringAsync(cancellationToken));

        await shop.StopAsync(cancellationToken);
        using HttpResponseMessage stopped = await http.GetAsync(new Uri(url, "hello/Ada"), cancellationToken);
        Check("GET /hello/Ada, after the shop has stopped", "404", $"{(int)stopped.StatusCode}");
        return succeeded;

        void Check(string request, string expected, string actual)
        {
            bool isRight = expected == actual;
            succeeded &= isRight;
            output.WriteLine($"{(isRight ? "ok    " : "WRONG ")} {request} -> {actual}{(isRight ? "" : $" (expected {expected})")}");
        }
    }
}
