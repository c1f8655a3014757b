using Fleet;

return await FleetCommands.Create().Parse(args).InvokeAsync();
