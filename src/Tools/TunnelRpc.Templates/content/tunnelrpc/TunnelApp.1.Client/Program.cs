using TunnelApp._1.Client;
using TunnelApp._1.Contracts;
using TunnelRpc;
using TunnelRpc.Client;

Uri address = new(args.Length > 0 ? args[0] : "http://localhost:5080/tunnel");
Console.WriteLine($"Connecting to {address} …");
try
{
    await using TunnelClient tunnel = await TunnelClient.ConnectAsync(address, options => options.Serve<IVisitor>(new Visitor("en")));
    Console.WriteLine($"Connected by {tunnel.Transport}.");

    IGreeter greeter = tunnel.Get<IGreeter>();
    Greeting greeting = await greeter.GreetAsync("Ada");
    Console.WriteLine(greeting.Text);

    await foreach (int number in greeter.CountDownAsync(3))
    {
        Console.WriteLine(number);
    }

    return 0;
}
catch (TunnelConnectException failure)
{
    // The report says what was tried, and why it failed.
    Console.Error.WriteLine(failure.Report);
    return 1;
}
catch (TunnelException failure)
{
    Console.Error.WriteLine($"{failure.Status}: {failure.Message}");
    return 1;
}
